"""What changes without a decision is settled by the sweep."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.consent.models import Purpose, PurposePolicy
from apps.consent.services import change_policy, is_effective, settle_all
from apps.consent.tasks import settle_all as task
from apps.vault.services import make_key
from tests import factories

ATTENDANCE = Purpose.ATTENDANCE


@pytest.fixture
def linked(cast):
    factories.effective(cast.sakura, ATTENDANCE)
    factories.effective(cast.ren, ATTENDANCE)
    return cast


def test_the_clock_runs_it():
    entry = settings.CELERY_BEAT_SCHEDULE["consent.settle_all"]
    assert (entry["task"], entry["schedule"]) == (task.name, 300)


def test_a_student_who_left_the_roster_loses_the_key_and_nobody_else_does(linked):
    linked.sakura.left_at = timezone.now()
    linked.sakura.save()
    assert settle_all() == 1
    assert not is_effective(linked.sakura, ATTENDANCE)
    assert is_effective(linked.ren, ATTENDANCE)
    event = AuditEvent.objects.get(action=Action.KEY_DESTROYED)
    assert (event.subject_id, event.actor, event.actor_role) == (linked.sakura.pk, None, "system")
    assert settle_all() == 0


def test_when_the_only_guardianship_ends_so_does_the_consent(linked):
    linked.midori.guardianships.update(ended_at=timezone.now())
    task()
    assert not is_effective(linked.sakura, ATTENDANCE)


def test_the_day_after_the_term_every_key_goes(linked):
    last_day = linked.programme.ends_on
    with time_machine.travel(f"{last_day.isoformat()}T23:50:00+09:00", tick=False):
        assert settle_all() == 0
    with time_machine.travel(f"{last_day + timedelta(days=1)}T00:10:00+09:00", tick=False):
        assert settle_all() == 2
    assert not is_effective(linked.ren, ATTENDANCE)


def test_who_decides_may_change_and_the_keys_follow(linked):
    policy = PurposePolicy.objects.get(purpose=ATTENDANCE)
    policy.is_offered = False
    change_policy(policy, by=linked.officer.user, fields=["is_offered"])
    assert not is_effective(linked.sakura, ATTENDANCE)
    policy.is_offered = True
    change_policy(policy, by=linked.officer.user, fields=["is_offered"])
    assert settle_all() == 2
    assert is_effective(linked.sakura, ATTENDANCE)


def test_a_key_nobody_has_a_policy_for_is_destroyed(cast):
    make_key(cast.sakura, Purpose.GRADES)
    assert settle_all() == 1
    assert not is_effective(cast.sakura, Purpose.GRADES)


def test_keys_that_are_not_consents_stay(linked):
    make_key(linked.sakura, "casework")
    linked.sakura.left_at = timezone.now()
    linked.sakura.save()
    settle_all()
    assert is_effective(linked.sakura, "casework")


def test_looking_at_more_students_costs_no_more_queries(linked):
    def n_queries():
        with CaptureQueriesContext(connection) as asked:
            assert settle_all() == 0
        return len(asked)

    before = n_queries()
    for number in range(2, 6):
        student = factories.student(linked.class_1, f"生徒{number}", number=number)
        factories.effective(student, ATTENDANCE)
    assert n_queries() == before
