"""Long school breaks, which a second person must confirm first."""

from datetime import date
from uuid import UUID

from django.db import transaction

from apps.core.clock import today
from apps.people.act_rules import ActEffects
from apps.people.models import PendingAct, SchoolBreak, Student
from apps.people.school_day_rules import weekdays_lost
from apps.people.services import act_processing, pending_acts
from apps.people.services.school_calendar import save_break

ACT_KIND = "calendar.rest"


def changed_break(row: SchoolBreak, changes: dict) -> SchoolBreak:
    """A SchoolBreak with ``changes`` ({field: JSON value}) applied; not saved."""
    changed = SchoolBreak(pk=row.pk, school_id=row.school_id, title=row.title)
    changed.begins_on, changed.ends_on = row.begins_on, row.ends_on
    for name, value in changes.items():
        if name == "school":
            changed.school_id = UUID(value)
        else:
            setattr(changed, name, date.fromisoformat(value) if name.endswith("_on") else value)
    changed.municipality_id = changed.school.municipality_id
    return changed


def effects_of_break(row: SchoolBreak, changes: dict) -> ActEffects:
    """How many more weekdays would have no helpline duty with this break."""
    after = changed_break(row, changes)
    others = SchoolBreak.objects.exclude(pk=row.pk).spans(after.school_id)
    stored = list(SchoolBreak.objects.filter(pk=row.pk).spans(after.school_id))
    spans = [*others, (after.begins_on, after.ends_on)]
    first = max(after.begins_on, today())
    n_days = weekdays_lost([*others, *stored], spans, first, after.ends_on)
    if not n_days:
        return ActEffects("", {})
    n_students = Student.objects.enrolled().filter(school=after.school_id).count()
    names = [("学校", [after.school.name]), ("休み", [str(after)])]
    return ActEffects(ACT_KIND, {"days": n_days, "students": n_students}, names)


@transaction.atomic
def propose_break(row: SchoolBreak, changes: dict, *, by, reason) -> PendingAct:
    """Propose a long break; the PendingAct. It takes effect when a second person confirms.

    Raises pending_acts.CannotAct.
    """
    effects, after = effects_of_break(row, changes), changed_break(row, changes)
    if not effects.kind:
        raise pending_acts.CannotAct("この休みは、もう入っています。")
    return pending_acts.propose_effects(
        effects, after,
        thing_id=f"{after.school_id}:{after.begins_on:%Y%m%d}:{after.ends_on:%Y%m%d}",
        title=f"{after.school.name} {after}", by=by, reason=reason,
        payload={"changes": _whole(after), "row": str(row.pk)},
    )  # fmt: skip


def carry_out_breaks() -> None:
    """Save the breaks that a second person confirmed."""
    act_processing.process_acts(ACT_KIND, carry_out=_set)


def _set(act):
    changes = act.payload["changes"]
    row = SchoolBreak.objects.filter(pk=act.payload["row"]).first()
    changed = changed_break(row or SchoolBreak(pk=act.payload["row"]), changes)
    changed._state.adding = row is None
    save_break(changed, by=act.proposed_by, fields=sorted(changes))


def _whole(row):
    return {
        "school": str(row.school_id),
        "title": row.title,
        "begins_on": row.begins_on.isoformat(),
        "ends_on": row.ends_on.isoformat(),
    }
