"""A no by telephone stops use at once; the key goes only with a second person."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apps.consent.models import (
    ConfirmedBy,
    DeletionCertificate,
    IdentifiedBy,
    TelephoneAnswerState,
)
from apps.consent.services import telephone_answers
from apps.consent.services.decisions import decide
from apps.consent.services.paper_forms import CannotEnterAnswers
from apps.consent.services.purpose_status import is_effective
from apps.consent.services.scheduled_work import reconcile_all
from apps.people.act_types import LAPSES_AFTER
from tests import factories
from tests.consent.telephone_helpers import (
    ATTENDANCE,
    LATE,
    NO,
    YES,
    child_says_yes,
    confirm,
    linked,
    note,
    the_key,
    town,
)

__all__ = ["linked", "town"]


@pytest.mark.parametrize("said", ["withdrawn", "refused", "later"])
def test_a_no_stops_use_at_once_and_the_confirmation_destroys_the_key(linked, said):
    call = note(linked, {ATTENDANCE: said})
    assert not is_effective(linked.sakura, ATTENDANCE)
    for _ in range(2):  # the sweep neither resumes nor destroys it meanwhile
        reconcile_all()
    assert the_key(linked).paused_at and the_key(linked).destroy_after is None
    confirm(linked, call)
    assert the_key(linked) is None
    assert DeletionCertificate.objects.filter(student=linked.sakura).count() == 1


def test_a_no_that_nobody_confirms_is_put_back_and_staff_are_told(linked, sign_in):
    call = note(linked, NO)
    with time_machine.travel(timezone.now() + LATE, tick=False):
        reconcile_all()
        call.refresh_from_db()
        assert call.state == TelephoneAnswerState.LAPSED
        assert is_effective(linked.sakura, ATTENDANCE)
        text = sign_in(linked.principal.user).get(reverse("admin:index")).content.decode()
        assert "また使われている電話の取り下げ" in text
        with pytest.raises(CannotEnterAnswers, match="もう決まった"):
            confirm(linked, call)
        assert "また使われている電話の取り下げ" not in (
            sign_in(linked.nurse.user).get(reverse("admin:index")).content.decode()
        )
    with time_machine.travel(timezone.now() + LATE + timedelta(hours=1), tick=False):
        note(linked, NO)
        assert not telephone_answers.lapsed_refusals(linked.principal.user).exists()


def test_a_parent_reads_no_count_of_calls_to_the_other_guardian_of_their_child(linked, sign_in):
    note(linked, NO)
    parent = factories.make_parent(linked.principal, linked.sakura)
    assert not telephone_answers.calls_awaiting(parent)
    with time_machine.travel(timezone.now() + LATE, tick=False):
        reconcile_all()
        assert telephone_answers.lapsed_refusals(linked.officer.user).exists()
        assert not telephone_answers.lapsed_refusals(parent).exists()
        page = sign_in(parent).get(reverse("admin:index")).content.decode()
        assert "また使われている電話の取り下げ" not in page


def test_nothing_lapses_before_its_time(linked):
    call = note(linked, NO)
    with time_machine.travel(timezone.now() + LAPSES_AFTER - timedelta(hours=1), tick=False):
        reconcile_all()
        call.refresh_from_db()
        assert call.state == TelephoneAnswerState.WAITING and the_key(linked).paused_at


def test_a_call_that_came_in_stops_use_and_destroys_only_after_the_call_back(linked):
    call = note(linked, NO, known_by=IdentifiedBy.CALLED_IN)
    assert not is_effective(linked.sakura, ATTENDANCE)
    with pytest.raises(CannotEnterAnswers, match="かけなおして"):
        confirm(linked, call, how=ConfirmedBy.LISTENED)
    confirm(linked, call, how=ConfirmedBy.CALLED_BACK)
    assert the_key(linked) is None


def test_nobody_drops_a_no_alone(linked):
    call = note(linked, NO)
    with pytest.raises(CannotEnterAnswers, match="ほかの人"):
        telephone_answers.discard_call(call, by=linked.homeroom.user)
    assert not is_effective(linked.sakura, ATTENDANCE)
    telephone_answers.discard_call(call, by=linked.principal.user)
    assert is_effective(linked.sakura, ATTENDANCE)


def test_a_yes_noted_later_does_not_lift_a_no_by_itself(linked):
    no = note(linked, NO)
    yes = note(linked, YES, by=linked.principal.user)
    reconcile_all()
    assert not is_effective(linked.sakura, ATTENDANCE)
    with pytest.raises(CannotEnterAnswers, match="先にそれを"):
        confirm(linked, no, by=linked.officer.user)
    confirm(linked, yes, by=linked.officer.user)
    reconcile_all()
    assert is_effective(linked.sakura, ATTENDANCE)


def test_a_yes_of_before_is_not_confirmed_past_a_no_of_later(linked):
    yes = note(linked, YES)
    note(linked, NO)
    with pytest.raises(CannotEnterAnswers, match="先にそれを"):
        confirm(linked, yes)
    assert not is_effective(linked.sakura, ATTENDANCE)


def test_the_guardians_own_answer_on_the_site_lifts_what_the_call_stopped(linked):
    note(linked, NO)
    decide(student=linked.sakura, actor=linked.midori.user, answers=YES, form_key=uuid.uuid4())
    reconcile_all()
    assert is_effective(linked.sakura, ATTENDANCE)


def test_nothing_begins_while_a_no_waits(town):
    decide(student=town.sakura, actor=town.midori.user, answers=YES, form_key=uuid.uuid4())
    note(town, NO)
    child_says_yes(town)
    reconcile_all()
    assert the_key(town) is None
