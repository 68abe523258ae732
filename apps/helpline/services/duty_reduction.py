"""Fewer duty hours or listed people, which a second person must confirm first."""

from contextlib import contextmanager
from datetime import time

from django.db import transaction

from apps.core.templatetags.japanese import plain
from apps.helpline.models import DutyHours, DutyPerson, DutyRoster
from apps.helpline.models.choices import Weekday
from apps.helpline.reduction_rules import minutes_lost
from apps.helpline.services.duty_rosters import replan_steps_of
from apps.helpline.services.duty_stop import STOP_KIND, ActEffects, carry_out_stops
from apps.people.models import PendingAct, Student
from apps.people.services import act_processing, act_queries, pending_acts
from apps.people.services.recorded_changes import record_change

REDUCE_KIND = "duty.thin"
REDUCTION_PENDING = "減らす変更が、もう確認を待っています。先にそれを決めてください。"


def stored_hours(roster: DutyRoster) -> list:
    """The hours as JSON: [[weekday, opens, closes]]."""
    rows = roster.hours.order_by("weekday").values_list("weekday", "opens_at", "closes_at")
    return [[day, f"{opens:%H:%M}", f"{closes:%H:%M}"] for day, opens, closes in rows]


def listed_person_ids(roster: DutyRoster) -> list:
    """The ids of the DutyPersons whom students may choose by name."""
    listed = roster.people.filter(is_listed=True).order_by("pk")
    return [str(pk) for pk in listed.values_list("pk", flat=True)]


def effects_of_reduction(roster: DutyRoster, changes: dict) -> ActEffects:
    """What ``changes`` ({"hours": …, "people": …} as above) would take from students."""
    if not roster.is_on:
        return ActEffects("", {})
    hours = changes.get("hours")
    minutes = 0 if hours is None else minutes_lost(_spans(stored_hours(roster)), _spans(hours))
    gone = set(listed_person_ids(roster)) - set(changes.get("people", listed_person_ids(roster)))
    if not minutes and not gone:
        return ActEffects("", {})
    n_students = Student.objects.enrolled().filter(school=roster.school_id).count()
    preview = {"minutes": minutes, "people": len(gone), "students": n_students}
    names = [("学校", [roster.school.name])]
    if gone:
        people = DutyPerson.objects.filter(pk__in=gone)
        names.append(("えらべなくなる人", [plain(person.shown_name) for person in people]))
    return ActEffects(REDUCE_KIND, preview, names)


@contextmanager
def without_reduction(roster: DutyRoster, held: dict):
    """Restore, after a save in the block, the parts in ``held`` that it took from students."""
    hours = list(roster.hours.all()) if "hours" in held else None
    listed = listed_person_ids(roster) if "people" in held else []
    people = list(roster.people.filter(pk__in=set(listed) - set(held.get("people", listed))))
    yield
    if hours is not None:
        roster.hours.all().delete()
        DutyHours.objects.bulk_create(hours)
    for person in people:
        roster.people.filter(pk=person.pk).delete()
        person.save(force_insert=True)


@transaction.atomic
def propose_reduction(roster: DutyRoster, changes: dict, *, by, reason) -> PendingAct:
    """Propose fewer hours or people; the PendingAct. Raises pending_acts.CannotAct."""
    roster = DutyRoster.objects.select_for_update(of=["self"]).get(pk=roster.pk)
    effects = effects_of_reduction(roster, changes)
    if not effects.kind:
        raise pending_acts.CannotAct("この変更で減るものは、いまはありません。")
    return pending_acts.propose_effects(
        effects, roster, by=by, reason=reason, payload={"changes": changes}
    )


def open_duty_act(roster: DutyRoster) -> PendingAct | None:
    """The open PendingAct that would stop or reduce this roster, or None."""
    return act_queries.open_act_about(roster, REDUCE_KIND) or act_queries.open_act_about(
        roster, STOP_KIND
    )


def has_pending_reduction(roster: DutyRoster) -> bool:
    """Whether such a change of this roster waits for a second person."""
    return act_queries.open_act_about(roster, REDUCE_KIND) is not None


def carry_out_duty_acts() -> None:
    """Carry out confirmed acts: stops and reductions."""
    carry_out_stops()
    carry_out_reductions()


def carry_out_reductions() -> None:
    """Carry out confirmed reductions."""
    act_processing.process_acts(REDUCE_KIND, carry_out=_reduce)


def _reduce(act):
    rosters = DutyRoster.objects.select_for_update(of=["self"])
    roster = rosters.filter(pk=act.thing_id).first()
    if roster is not None:
        _carry_out(roster, act)


def _carry_out(roster, act):
    changes = act.payload["changes"]
    if "hours" in changes:
        spans = _spans(changes["hours"])
        roster.hours.exclude(weekday__in=spans).delete()
        for weekday, (opens, closes) in spans.items():
            DutyHours.objects.update_or_create(
                roster=roster, weekday=weekday, defaults={"opens_at": opens, "closes_at": closes}
            )
    if "people" in changes:
        roster.people.exclude(pk__in=changes["people"]).update(is_listed=False)
    record_change(roster, act.proposed_by, sorted(changes), role=act.proposed_role)
    transaction.on_commit(lambda: replan_steps_of([roster]))


def hours_in_words(hours: list) -> str:
    """[[weekday, opens, closes]] in words."""
    return "、".join(f"{Weekday(day).label} {opens}–{closes}" for day, opens, closes in hours)


def _spans(hours):
    return {day: (time.fromisoformat(a), time.fromisoformat(b)) for day, a, b in hours}
