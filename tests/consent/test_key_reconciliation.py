"""The sweep brings keys in line with what changes without a decision."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.consent.models import DeletionCertificate, Purpose, PurposePolicy
from apps.consent.services import mass_reconciliation
from apps.consent.services.decisions import decide, withdraw
from apps.consent.services.documents import change_policy
from apps.consent.services.purpose_status import is_effective, statuses_for
from apps.consent.services.scheduled_work import reconcile_all
from apps.consent.tasks import reconcile_all as task
from apps.vault.models import SubjectKey
from apps.vault.services.keys import make_key
from apps.vault.services.sealed_content import open_own
from tests import factories
from tests.vault.sealing_helpers import write

ATTENDANCE = Purpose.ATTENDANCE


@pytest.fixture
def linked(cast):
    factories.make_effective(cast.sakura, ATTENDANCE)
    factories.make_effective(cast.ren, ATTENDANCE)
    return cast


def test_the_clock_runs_it():
    entry = settings.CELERY_BEAT_SCHEDULE["consent.reconcile_all"]
    assert (entry["task"], entry["schedule"]) == (task.name, 300)


def leave(student):
    student.left_at = timezone.now()
    student.save()


def key_of(student):
    return SubjectKey.objects.filter(student=student, purpose=ATTENDANCE).first()


def after(**time):
    return time_machine.travel(timezone.now() + timedelta(**time), tick=False)


def test_a_student_who_left_the_roster_is_paused_at_once_and_loses_the_key_a_day_later(linked):
    leave(linked.sakura)
    assert reconcile_all() == 1
    assert not is_effective(linked.sakura, ATTENDANCE)
    assert is_effective(linked.ren, ATTENDANCE)
    with after(hours=23, minutes=55):
        assert reconcile_all() == 0
        assert key_of(linked.sakura) is not None
    with after(days=1, seconds=1):
        assert reconcile_all() == 1
        assert reconcile_all() == 0
    assert key_of(linked.sakura) is None
    for action in (Action.KEY_PAUSED, Action.KEY_DESTROYED):
        event = AuditEvent.objects.get(action=action)
        found = (event.subject_id, event.actor, event.actor_role)
        assert found == (linked.sakura.pk, None, "system")


def test_a_student_who_is_back_in_the_next_roster_has_lost_nothing(linked):
    row = write(linked.sakura, ATTENDANCE, {"code": "ABSENT_SICK"})
    leave(linked.sakura)
    reconcile_all()
    assert open_own([row], student=linked.sakura) == [None]
    with after(hours=20):
        linked.sakura.left_at = None
        linked.sakura.save()
        assert reconcile_all() == 1
        assert open_own([row], student=linked.sakura) == [{"code": "ABSENT_SICK"}]
    assert AuditEvent.objects.filter(action=Action.KEY_RESUMED).count() == 1
    assert not DeletionCertificate.objects.exists()
    with after(days=3):
        assert reconcile_all() == 0


def test_what_a_person_takes_back_while_it_is_paused_is_gone_at_once(linked):
    leave(linked.sakura)
    reconcile_all()
    withdraw(student=linked.sakura, actor=linked.midori.user, purpose=ATTENDANCE, form_key=uuid4())
    assert key_of(linked.sakura) is None
    assert DeletionCertificate.objects.get().student == linked.sakura


def test_who_agrees_again_while_others_are_asked_still_has_the_day(linked):
    words = factories.next_document(linked.city, ATTENDANCE, by=linked.officer.user)
    due = key_of(linked.sakura).destroy_after
    for user in (linked.midori.user, linked.sakura.user):
        assert key_of(linked.sakura).destroy_after == due
        decide(student=linked.sakura, actor=user, answers={ATTENDANCE: "given"}, form_key=uuid4())
    assert key_of(linked.sakura).paused_at is None
    assert words.version == 2
    with after(days=1, seconds=1):
        assert reconcile_all() == 1
    assert (key_of(linked.sakura) is None, key_of(linked.ren) is None) == (False, True)
    assert DeletionCertificate.objects.get().ended_by == "new_words"


def test_two_sweeps_at_once_destroy_a_due_key_once(linked):
    leave(linked.sakura)
    reconcile_all()
    SubjectKey.objects.filter(student=linked.sakura).update(destroy_after=timezone.now())
    assert [reconcile_all(), reconcile_all()] == [1, 0]
    assert DeletionCertificate.objects.count() == 1


def test_the_student_reads_that_it_is_paused_and_until_when(linked, sign_in):
    leave(linked.sakura)
    reconcile_all()
    (state,) = statuses_for(linked.sakura, linked.sakura.user)
    assert state.pause.destroy_after is not None
    (state,) = statuses_for(linked.sakura, linked.midori.user)  # it would tell the child's answer
    assert (state.pause, state.why) == (None, "not_enrolled")


def test_when_the_only_guardianship_ends_so_does_the_consent(linked):
    linked.midori.guardianships.update(ended_at=timezone.now())
    task()
    assert not is_effective(linked.sakura, ATTENDANCE)


def test_the_day_after_the_term_every_key_goes(linked):
    last_day = linked.programme.ends_on
    with time_machine.travel(f"{last_day.isoformat()}T23:50:00+09:00", tick=False):
        assert reconcile_all() == 0
    with time_machine.travel(f"{last_day + timedelta(days=1)}T00:10:00+09:00", tick=False):
        assert reconcile_all() == 2
    assert not is_effective(linked.ren, ATTENDANCE)


def test_who_decides_may_change_and_the_keys_follow(linked):
    policy = PurposePolicy.objects.get(purpose=ATTENDANCE)
    policy.is_offered = False
    change_policy(policy, by=linked.officer.user, fields=["is_offered"])
    assert not is_effective(linked.sakura, ATTENDANCE)
    policy.is_offered = True
    change_policy(policy, by=linked.officer.user, fields=["is_offered"])
    assert reconcile_all() == 2
    assert is_effective(linked.sakura, ATTENDANCE)


def test_a_key_nobody_has_a_policy_for_is_paused_and_destroyed_a_day_later(cast):
    make_key(cast.sakura, Purpose.GRADES)
    assert reconcile_all() == 1
    assert not is_effective(cast.sakura, Purpose.GRADES)
    with after(days=1, seconds=1):
        assert reconcile_all() == 1
    assert not SubjectKey.objects.exists()


def test_keys_that_are_not_consents_stay(linked):
    make_key(linked.sakura, "casework")
    linked.sakura.left_at = timezone.now()
    linked.sakura.save()
    reconcile_all()
    assert is_effective(linked.sakura, "casework")


@pytest.fixture
def own_shares(settings, tmp_path, monkeypatch):
    """A share store of this test alone, looked through as a whole by each run."""
    settings.KEY_SHARES_URL = f"file:{tmp_path}/shares"
    monkeypatch.setattr(mass_reconciliation, "SHARE_PARTS", 1)


def test_looking_at_more_students_costs_no_more_queries(own_shares, linked):
    def n_queries():
        with CaptureQueriesContext(connection) as queries:
            assert reconcile_all() == 0
        return len(queries)

    before = n_queries()
    for number in range(2, 6):
        student = factories.student(linked.class_1, f"生徒{number}", number=number)
        factories.make_effective(student, ATTENDANCE)
    assert n_queries() == before
