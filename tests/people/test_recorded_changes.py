"""A change is recorded with the names of its fields, the role acted in, and the place of the row."""

import pytest

from apps.audit.models import Action, Audience, AuditEvent
from apps.audit.services.audit_events import record_about
from apps.people.act_rules import ActEffects
from apps.people.models import PendingAct
from apps.people.services import pending_acts
from apps.people.services.recorded_changes import record_agreed_change, record_change
from tests import factories


def last():
    return AuditEvent.objects.latest("id")


def test_a_change_of_a_row_says_where_who_and_which_fields(cast):
    record_change(cast.school, cast.principal.user, ["name"])
    event = last()
    assert (event.action, event.actor_id) == (Action.RECORD_CHANGED, cast.principal.user_id)
    assert (event.actor_role, event.municipality_id) == ("principal", cast.city.pk)
    assert (event.thing_id, event.fields) == (str(cast.school.pk), ["name"])


def test_an_account_has_no_place_of_its_own_and_takes_the_one_given(cast):
    record_change(cast.nurse.user, None, ["is_active"], role="system", municipality_id=cast.city.pk)
    assert last().municipality_id == cast.city.pk
    record_change(cast.nurse.user, None, ["is_active"], role="system")
    assert last().municipality_id is None


def test_an_agreed_change_is_the_confirmers(cast):
    act = PendingAct(
        municipality_id=cast.city.pk, proposed_by=cast.principal.user, proposed_role="principal",
        confirmed_by=cast.officer.user, confirmed_role="city",
    )  # fmt: skip
    record_agreed_change(act, cast.nurse.user, ["password"])
    assert (last().actor_id, last().actor_role) == (cast.officer.user_id, "city")


def test_an_event_about_a_row_names_its_student(cast):
    tie = cast.sakura.guardianships.first()
    record_about(tie, Action.RECORD_CHANGED, audience=Audience.OFFICE)
    assert (last().subject_id, last().thing_id) == (cast.sakura.pk, str(tie.pk))
    assert (last().municipality_id, last().audience) == (cast.city.pk, Audience.OFFICE)
    record_about(cast.school, Action.RECORD_CHANGED)
    assert last().subject_id is None


@pytest.mark.parametrize(
    ("effects_at", "at", "expected"),
    [(None, None, "school"), ("other", None, "other"), ("other", "school", "school")],
)
def test_an_act_is_proposed_where_somebody_said_else_where_its_effects_are(
    cast, monkeypatch, effects_at, at, expected
):
    places = {
        "school": cast.school,
        "other": factories.school(cast.city, "C117220600099", "別の学校"),
    }
    said = {}
    monkeypatch.setattr(pending_acts, "propose", lambda kind, **more: said.update(more))
    where = (
        {"municipality_id": cast.city.pk, "school_id": places[effects_at].pk} if effects_at else {}
    )
    row = cast.class_1  # its own place is the school
    pending_acts.propose_effects(
        ActEffects("x", {"n": 1}, **where), row, by=None, reason="", payload={},
        at=_row_at(places[at]) if at else None,
    )  # fmt: skip
    assert said["school_id"] == places[expected].pk
    assert (said["thing_id"], said["title"], said["preview"]) == (row.pk, str(row), {"n": 1})


def _row_at(school):
    return factories.school_class(school, "9")
