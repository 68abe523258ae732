"""Letting a guardian in again does only what two people agreed about, once, and loses nothing."""

import pytest

from apps.consent.services import standing_changes as changes
from apps.consent.services.scheduled_work import reconcile_all
from apps.people.models import Guardian, PendingAct
from apps.people.models.choices import ActState
from apps.people.permissions import visible_students
from apps.people.services import pending_acts
from tests import factories
from tests.consent.standing_helpers import (
    REASON,
    guardianship_of,
    keep_out,
    let_in,
    town,
)

__all__ = ["town"]


def proposed(guardian, student, by):
    return changes.propose_let_in(
        guardianship_of(guardian, student), by=by.user, why="over", reason=REASON,
        document_number="教学 第34号",
    )  # fmt: skip


def twin_of(guardian, student):
    """The same adult as a second school's roster names them."""
    twin = Guardian.objects.create(
        municipality=guardian.municipality, source_id="again",
        family_name=guardian.family_name, given_name=guardian.given_name,
    )  # fmt: skip
    factories.guardianship(twin, student)
    return twin


def test_a_second_letting_in_of_the_same_person_is_refused_while_one_waits(town):
    twin = twin_of(town.hajime, town.sakura)
    keep_out(town.hajime, town.sakura, town.principal)
    proposed(town.hajime, town.sakura, town.principal)
    with pytest.raises(pending_acts.CannotAct):
        proposed(twin, town.sakura, town.principal)
    assert PendingAct.objects.filter(kind=changes.LET_IN).count() == 1


def test_a_letting_in_agreed_on_before_the_guardian_was_kept_out_anew_lets_nobody_in(town):
    twin = twin_of(town.hajime, town.sakura)
    keep_out(town.hajime, town.sakura, town.principal)
    old = proposed(town.hajime, town.sakura, town.principal)
    newcomer = twin_of(twin, town.sakura)  # named anew meanwhile: kept out, and nobody agreed to it
    pending_acts.confirm(old, by=town.officer.user)
    reconcile_all()
    old.refresh_from_db()
    assert old.state == ActState.VOID
    assert not visible_students(town.hajime.user).exists()
    assert not newcomer.guardianships.current().exists()
    assert not PendingAct.objects.open().filter(kind=changes.LET_IN).exists()


def test_keeping_out_anew_ends_a_letting_in_that_waits(town):
    keep_out(town.hajime, town.sakura, town.principal)
    old = proposed(town.hajime, town.sakura, town.principal)
    guardianship = guardianship_of(town.hajime, town.sakura)
    type(guardianship).objects.filter(pk=guardianship.pk).update(
        standing="decides"
    )  # by whatever key
    keep_out_act = PendingAct.objects.get(kind=changes.KEEP_OUT)
    pending_acts.confirm(keep_out_act, by=town.privacy.user)
    reconcile_all()
    keep_out(town.hajime, town.sakura, town.principal)
    old.refresh_from_db()
    assert old.state == ActState.STOPPED
    with pytest.raises(pending_acts.CannotAct):
        pending_acts.confirm(old, by=town.officer.user)
    assert not visible_students(town.hajime.user).exists()


def test_after_letting_in_and_keeping_out_again_the_next_letting_in_works(town):
    keep_out(town.hajime, town.sakura, town.principal)
    let_in(town.hajime, town.sakura, town.principal, town.officer)
    keep_out(town.hajime, town.sakura, town.principal)
    assert not visible_students(town.hajime.user).exists()
    let_in(town.hajime, town.sakura, town.principal, town.officer)
    assert list(visible_students(town.hajime.user)) == [town.sakura]
