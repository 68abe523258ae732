"""On PostgreSQL, with threads: keeping a guardian out at the same moment as an answer or a roster
import.
"""

import uuid
from threading import Event

import pytest
from django.db import transaction

from apps.consent.models import ConsentReceipt, Purpose, Response
from apps.consent.services import decisions, standing_changes
from apps.consent.services.purpose_status import CannotDecide, is_effective
from apps.people.models import Guardian, Guardianship, GuardianStanding
from apps.people.permissions import visible_students
from apps.people.services import guardian_standings
from apps.registration.services import letters, registrations
from apps.vault.models import SubjectKey
from tests import factories
from tests.registration.letter_helpers import say_yes
from tests.vault.sealing_helpers import in_thread, until_somebody_waits_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 20
ATTENDANCE = Purpose.ATTENDANCE


@pytest.fixture
def town(transactional_db, cast):
    factories.policy(cast.city)
    factories.document(cast.city)
    say(cast.sakura, cast.sakura.user)
    return cast


def say(student, user):
    return decisions.decide(
        student=student, actor=user, answers={ATTENDANCE: Response.GIVEN}, form_key=uuid.uuid4()
    )


def keep_out(cast):
    return standing_changes.keep_out(
        cast.midori.guardianships.get(), by=cast.principal.user, why="danger",
        reason="危険があるため", document_number="受付1",
    )  # fmt: skip


def test_an_answer_under_way_is_waited_for_and_its_key_is_not_usable(town, monkeypatch):
    begun, go_on = Event(), Event()
    appended = decisions.append_decisions

    def append_and_pause(receipt, *args):
        done = appended(receipt, *args)
        begun.set()
        assert go_on.wait(PATIENCE)
        return done

    monkeypatch.setattr(decisions, "append_decisions", append_and_pause)
    answer = in_thread(lambda: say(town.sakura, town.midori.user))
    assert begun.wait(PATIENCE)
    keep_out_thread = in_thread(lambda: keep_out(town))
    until_somebody_waits_for_a_lock()
    go_on.set()
    assert answer.result(PATIENCE)
    keep_out_thread.result(PATIENCE)
    assert not is_effective(town.sakura, ATTENDANCE)
    assert SubjectKey.objects.get(student=town.sakura).destroy_after is None


def test_an_answer_that_comes_while_they_are_kept_out_is_refused(town, monkeypatch):
    begun, go_on = Event(), Event()
    set_it = guardian_standings.set_standing

    def set_and_pause(*args, **more):
        done = set_it(*args, **more)
        begun.set()
        assert go_on.wait(PATIENCE)
        return done

    monkeypatch.setattr(guardian_standings, "set_standing", set_and_pause)
    keep_out_thread = in_thread(lambda: keep_out(town))
    assert begun.wait(PATIENCE)
    answer = in_thread(lambda: say(town.sakura, town.midori.user))
    until_somebody_waits_for_a_lock()
    go_on.set()
    keep_out_thread.result(PATIENCE)
    with pytest.raises(CannotDecide):
        answer.result(PATIENCE)
    assert not ConsentReceipt.objects.filter(decided_by=town.midori.user).exists()
    assert not SubjectKey.objects.filter(student=town.sakura, purpose=ATTENDANCE).exists()


def test_a_tie_that_a_roster_is_writing_meanwhile_begins_kept_out(town, monkeypatch):
    begun, go_on = Event(), Event()
    set_it = guardian_standings.set_standing

    def set_and_pause(*args, **more):
        done = set_it(*args, **more)
        begun.set()
        assert go_on.wait(PATIENCE)
        return done

    monkeypatch.setattr(guardian_standings, "set_standing", set_and_pause)
    newcomer = Guardian.objects.create(
        municipality=town.city, source_id="g-new", family_name="新", given_name="しい"
    )

    def write():
        with transaction.atomic():
            return factories.guardianship(newcomer, town.sakura).pk

    keep_out_thread = in_thread(lambda: keep_out(town))
    assert begun.wait(PATIENCE)
    writing = in_thread(write)
    until_somebody_waits_for_a_lock()
    go_on.set()
    keep_out_thread.result(PATIENCE)
    guardianship = Guardianship.objects.get(pk=writing.result(PATIENCE))
    assert guardianship.standing == GuardianStanding.KEPT_OUT


def test_a_roster_that_wrote_first_is_waited_for_and_its_twin_is_kept_out_as_well(town):
    begun, go_on = Event(), Event()
    twin = Guardian.objects.create(
        municipality=town.city, source_id="again", family_name="加賀", given_name="みどり"
    )

    def write():
        with transaction.atomic():
            guardianship = factories.guardianship(twin, town.sakura)
            begun.set()
            assert go_on.wait(PATIENCE)
            return guardianship.pk

    writing = in_thread(write)
    assert begun.wait(PATIENCE)
    keep_out_thread = in_thread(lambda: keep_out(town))
    until_somebody_waits_for_a_lock()
    go_on.set()
    keep_out_thread.result(PATIENCE)
    guardianship = Guardianship.objects.get(pk=writing.result(PATIENCE))
    assert guardianship.standing == GuardianStanding.KEPT_OUT


def test_confirming_who_came_by_a_letter_and_keeping_them_out_wait_for_each_other(
    town, monkeypatch
):
    sibling = factories.student(town.class_2, "いもうと", number=7)
    row = Guardian.objects.create(municipality=town.city, source_id="g-2", family_name="加賀")
    factories.guardianship(row, sibling)
    ((_, code),) = letters.issue_guardian_letters([row], by=town.homeroom.user)
    letters.accept_guardian_letter(code, town.midori.user, tells_others=True)
    begun, go_on = Event(), Event()
    guardianship = registrations.admit_confirmed

    def pause_and_tie(registration):
        begun.set()
        assert go_on.wait(PATIENCE)
        return guardianship(registration)

    monkeypatch.setattr(registrations, "admit_confirmed", pause_and_tie)
    confirming = in_thread(lambda: say_yes(row, town.nurse.user))
    assert begun.wait(PATIENCE)
    keep_out_thread = in_thread(lambda: keep_out(town))
    until_somebody_waits_for_a_lock()
    go_on.set()
    confirming.result(PATIENCE)
    keep_out_thread.result(PATIENCE)
    assert standing_of(town.midori.guardianships.get()) == GuardianStanding.KEPT_OUT
    assert list(visible_students(town.midori.user)) == [sibling]  # confirmed before: another child


def standing_of(guardianship):
    guardianship.refresh_from_db()
    return guardianship.standing
