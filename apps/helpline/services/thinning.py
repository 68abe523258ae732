"""Fewer hours, or fewer people to choose: asked of a second person; until then as it was."""

from contextlib import contextmanager
from datetime import time

from django.db import transaction

from apps.audit.models import Action
from apps.audit.services import record
from apps.core.templatetags.japanese import plain
from apps.helpline.models import DutyHours, DutyPerson, DutyRoster
from apps.helpline.models.duty import Weekday
from apps.helpline.services.duty import replan, waits_of, week_of
from apps.helpline.services.stopping import STOP, Effects, stop_due
from apps.helpline.thinning import minutes_lost
from apps.people import pending_acts
from apps.people.models import PendingAct, Student

THIN = "duty.thin"
WAITS_ALREADY = "減らす変更が、もう確認を待っています。先にそれを決めてください。"


def hours_of(roster: DutyRoster) -> list:
    """The hours as an act keeps them: [[weekday, opens, closes]]."""
    rows = roster.hours.order_by("weekday").values_list("weekday", "opens_at", "closes_at")
    return [[day, f"{opens:%H:%M}", f"{closes:%H:%M}"] for day, opens, closes in rows]


def people_of(roster: DutyRoster) -> list:
    """The ids of the DutyPersons whom students may choose by name."""
    listed = roster.people.filter(is_listed=True).order_by("pk")
    return [str(pk) for pk in listed.values_list("pk", flat=True)]


def effects_of_thinning(roster: DutyRoster, changes: dict) -> Effects:
    """What ``changes`` ({"hours": …, "people": …} as above) would take from students."""
    if not roster.is_on:
        return Effects("", {})
    hours = changes.get("hours")
    minutes = 0 if hours is None else minutes_lost(_spans(hours_of(roster)), _spans(hours))
    gone = set(people_of(roster)) - set(changes.get("people", people_of(roster)))
    if not minutes and not gone:
        return Effects("", {})
    n_students = Student.objects.enrolled().filter(school=roster.school_id).count()
    preview = {"minutes": minutes, "people": len(gone), "students": n_students}
    names = [("学校", [roster.school.name])]
    if gone:
        people = DutyPerson.objects.filter(pk__in=gone)
        names.append(("えらべなくなる人", [plain(person.shown_name) for person in people]))
    return Effects(THIN, preview, names)


@contextmanager
def keeping(roster: DutyRoster, held: dict):
    """Whatever is saved within, of the parts in ``held`` nothing is taken away from students."""
    hours = list(roster.hours.all()) if "hours" in held else None
    listed = people_of(roster) if "people" in held else []
    people = list(roster.people.filter(pk__in=set(listed) - set(held.get("people", listed))))
    yield
    if hours is not None:
        roster.hours.all().delete()
        DutyHours.objects.bulk_create(hours)
    for person in people:
        roster.people.filter(pk=person.pk).delete()
        person.save(force_insert=True)


@transaction.atomic
def propose_thinning(roster: DutyRoster, changes: dict, *, by, reason) -> PendingAct:
    """Ask for fewer hours or people; the PendingAct. Raises pending_acts.CannotAct."""
    roster = DutyRoster.objects.select_for_update(of=["self"]).get(pk=roster.pk)
    effects = effects_of_thinning(roster, changes)
    if not effects.kind:
        raise pending_acts.CannotAct("この変更で減るものは、いまはありません。")
    return pending_acts.propose(
        THIN,
        thing_id=roster.pk,
        title=str(roster),
        municipality_id=roster.municipality_id,
        school_id=roster.school_id,
        by=by,
        reason=reason,
        preview=effects.preview,
        payload={"changes": changes},
    )


def act_about(roster: DutyRoster) -> PendingAct | None:
    """The PendingAct that would stop or thin this roster, or None."""
    return pending_acts.open_about(roster, THIN) or pending_acts.open_about(roster, STOP)


def waits_to_thin(roster: DutyRoster) -> bool:
    """Whether such a change of this roster waits for a second person."""
    return pending_acts.open_about(roster, THIN) is not None


def follow_acts() -> None:
    """Carry out what a second person agreed to: stopping, and thinning."""
    stop_due()
    thin_due()


def thin_due() -> None:
    """Carry out what a second person agreed to."""
    pending_acts.follow(THIN, carry_out=_thin)


def _thin(act):
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
    record(
        Action.RECORD_CHANGED,
        actor=act.proposed_by,
        role=act.proposed_role,
        municipality_id=roster.municipality_id,
        thing=roster,
        fields=sorted(changes),
    )
    transaction.on_commit(lambda: replan(roster.school_id, week_of(roster), waits_of(roster)))


def hours_in_words(hours: list) -> str:
    """[[weekday, opens, closes]] for a person."""
    return "、".join(f"{Weekday(day).label} {opens}–{closes}" for day, opens, closes in hours)


def _spans(hours):
    return {day: (time.fromisoformat(a), time.fromisoformat(b)) for day, a, b in hours}
