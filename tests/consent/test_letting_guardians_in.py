"""Letting a guardian in again needs two people first, and restores exactly what was."""

import pytest

from apps.consent.services import standing_changes as changes
from apps.consent.services.purpose_status import is_effective, statuses_for
from apps.consent.services.scheduled_work import reconcile_all
from apps.people.models import (
    PendingAct,
)
from apps.people.permissions import visible_students
from apps.people.services import pending_acts
from tests import factories
from tests.consent.standing_helpers import (
    ATTENDANCE,
    REASON,
    guardianship_of,
    keep_out,
    key_of,
    let_in,
    say,
    town,
)

__all__ = ["town"]


def test_letting_in_needs_both_first_and_restores_exactly_what_was(town):
    say(town.sakura, town.hajime.user)
    say(town.sakura, town.sakura.user)
    before = key_of(town.sakura).pk
    keep_out(town.hajime, town.sakura, town.principal)
    act = changes.propose_let_in(
        guardianship_of(town.hajime, town.sakura), by=town.principal.user, why="over", reason=REASON,
        document_number="教学 第34号",
    )  # fmt: skip
    reconcile_all()
    assert not visible_students(town.hajime.user).exists()
    pending_acts.confirm(act, by=town.officer.user)
    reconcile_all()
    assert list(visible_students(town.hajime.user)) == [town.sakura]
    assert is_effective(town.sakura, ATTENDANCE)
    assert key_of(town.sakura).pk == before
    assert not PendingAct.objects.open().exists()  # the unconfirmed keeping out is over too


def test_letting_in_does_not_begin_what_was_not_agreed_before(town):
    say(town.sakura, town.hajime.user)
    keep_out(town.hajime, town.sakura, town.principal)
    say(town.sakura, town.sakura.user)  # meanwhile: with hajime's yes it would begin
    let_in(town.hajime, town.sakura, town.principal, town.officer)
    assert key_of(town.sakura) is None
    (state,) = statuses_for(town.sakura, town.hajime.user)
    assert state.is_open
    say(town.sakura, town.hajime.user)
    assert is_effective(town.sakura, ATTENDANCE)


def test_letting_in_before_a_term_begins_asks_nobody_anew(town):
    town.programme.delete()
    say(town.sakura, town.hajime.user)
    say(town.sakura, town.sakura.user)
    keep_out(town.hajime, town.sakura, town.principal)
    let_in(town.hajime, town.sakura, town.principal, town.officer)
    factories.programme(town.city)
    reconcile_all()
    assert is_effective(town.sakura, ATTENDANCE)


def test_the_schools_lead_alone_and_a_colleague_of_the_school_cannot_let_in(town):
    keep_out(town.hajime, town.sakura, town.officer)
    act = changes.propose_let_in(
        guardianship_of(town.hajime, town.sakura), by=town.officer.user, why="over", reason=REASON,
        document_number="教学 第34号",
    )  # fmt: skip
    for someone in (town.officer, town.principal, town.homeroom, town.nurse):
        with pytest.raises(pending_acts.CannotAct):
            pending_acts.confirm(act, by=someone.user)
    pending_acts.confirm(act, by=town.privacy.user)
