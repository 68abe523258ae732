"""Switching a duty roster off, which a second person must confirm first."""

from django.db import transaction

from apps.helpline.models import DutyRoster
from apps.helpline.services.duty_rosters import switch_off
from apps.people.act_rules import ActEffects
from apps.people.models import Student
from apps.people.services import act_processing, pending_acts

STOP_KIND = "duty.stop"


def effects_of_stopping(roster: DutyRoster) -> ActEffects:
    """The effects of switching this DutyRoster off: how many students could no longer ask."""
    if not roster.is_on:
        return ActEffects("", {})
    n_students = Student.objects.enrolled().filter(school=roster.school_id).count()
    return ActEffects(STOP_KIND, {"students": n_students}, [("学校", [roster.school.name])])


@transaction.atomic
def propose_stop(roster: DutyRoster, *, by, reason):
    """Propose to switch a DutyRoster off; the PendingAct. Requests are still taken meanwhile.

    Raises pending_acts.CannotAct.
    """
    roster = DutyRoster.objects.select_for_update(of=["self"]).get(pk=roster.pk)
    effects = effects_of_stopping(roster)
    if not effects.kind:
        raise pending_acts.CannotAct("もう止まっています。")
    return pending_acts.propose_effects(
        effects, roster, by=by, reason=reason, payload={"changes": {"is_on": False}}
    )


def carry_out_stops():
    """Switch off the rosters that a second person confirmed."""
    act_processing.process_acts(STOP_KIND, carry_out=_switch_off)


def _switch_off(act):
    roster = DutyRoster.objects.filter(pk=act.thing_id).first()
    if roster is not None:
        switch_off(roster, by=act.proposed_by)
