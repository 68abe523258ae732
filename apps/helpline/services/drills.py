"""Drills: a practice request through the whole escalation, timed. It names no student."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q

from apps.audit.models import Action
from apps.audit.services.audit_events import record_about
from apps.core import clock
from apps.core.clock import wake_worker
from apps.helpline import duty_hours
from apps.helpline.models import Call, Drill, DutyRoster
from apps.helpline.services import routes
from apps.helpline.services.duty_rosters import duty_week_of, escalation_waits_of
from apps.helpline.services.escalation_plan import plan_step, skip_pending_step
from apps.helpline.services.escalation_subjects import DrillSubject
from apps.helpline.services.transitions import DutyCommitmentRefused
from apps.people.permissions import cities_where, may, role_of, schools_where

QUICK_WAITS = {"second_after": 1, "last_after": 2, "all_after": 3}
ONE_DAY = timedelta(days=1)


def drills_visible_to(user):
    """The drills of the schools this person works at in a school-wide role, of the city's route for
    whoever sees the route, and those they were called in; newest first."""
    if not may(user, "help.answer"):
        return Drill.objects.none()
    schools = schools_where(user, "duty.drill")
    of_route = Q(school=None, municipality__in=cities_where(user, "route.view"))
    own_calls = (
        of_route
        | Q(school__in=schools)
        | Q(pk__in=Call.objects.filter(person=user).values("step__drill"))
    )
    return Drill.objects.filter(own_calls).select_related("school", "municipality", "started_by")


def drills_to_acknowledge(user):
    """The drills of the last day with a call this person has not acknowledged."""
    waits = Call.objects.filter(
        person=user,
        looked_at=None,
        step__drill__isnull=False,
        called_at__gte=clock.now() - ONE_DAY,
    )
    return Drill.objects.filter(pk__in=waits.values("step__drill"))


def start_drill(roster, *, by, form_key, quick=False):
    """Start a drill and return it; the same form twice is one.

    ``quick`` shortens the waits to 1, 2 and 3 minutes. Raises DutyCommitmentRefused where people
    are missing or a drill is under way.
    """
    return _one_at_a_time(_start, roster, by, form_key, quick)


def start_route_drill(route, *, by, form_key, quick=False):
    """The same of a city's route. Raises DutyCommitmentRefused for a version not in force too."""
    return _one_at_a_time(_start_of_route, route, by, form_key, quick)


def _one_at_a_time(start, *given):
    try:
        with transaction.atomic():
            return start(*given)
    except IntegrityError as error:
        raise DutyCommitmentRefused(
            ["いま練習のとちゅうです。おわってから始めてください。"]
        ) from error


def _start_of_route(route, by, form_key, quick):
    earlier = Drill.objects.filter(form_key=form_key).first()
    if earlier:
        return earlier
    if routes.route_in_force(route.municipality_id) != route:
        raise DutyCommitmentRefused(["いま使っている相談先ではないか、人が足りません。"])
    waits = QUICK_WAITS if quick else {name: getattr(route, name) for name in QUICK_WAITS}
    drill = Drill.objects.create(
        municipality_id=route.municipality_id,
        route=route,
        form_key=form_key,
        started_by=by,
        **waits,
    )
    return _begun(drill, routes.week_of_route(route), by)


def _begun(drill, week, by):
    plan_step(DrillSubject(drill), 1, week, escalation_waits_of(drill))
    _record(Action.DRILL_STARTED, drill, by)
    wake_worker("helpline.escalate")
    return drill


def _start(roster, by, form_key, quick):
    roster = DutyRoster.objects.select_for_update(of=["self"]).get(pk=roster.pk)
    earlier = Drill.objects.filter(form_key=form_key).first()
    if earlier:
        return earlier
    if not (roster.first_id and roster.second_id and roster.last_id):
        raise DutyCommitmentRefused(
            ["はじめの人・つぎの人・さいごの人を決めてから、練習してください。"]
        )
    waits = QUICK_WAITS if quick else {name: getattr(roster, name) for name in QUICK_WAITS}
    drill = Drill.objects.create(
        municipality_id=roster.municipality_id, school_id=roster.school_id, form_key=form_key,
        started_by=by, **waits,
    )  # fmt: skip
    try:
        return _begun(drill, duty_week_of(roster), by)
    except duty_hours.NoDutyHours as error:
        raise DutyCommitmentRefused(["見る時間を決めてから、練習してください。"]) from error


@transaction.atomic
def end_drill(drill, *, by):
    """Stop a drill before its last step; twice is once."""
    drill = Drill.objects.select_for_update(of=["self"], no_key=True).get(pk=drill.pk)
    if drill.ended_at is None:
        skip_pending_step(drill)
        drill.ended_at = clock.now()
        drill.save(update_fields=["ended_at"])
        _record(Action.DRILL_ENDED, drill, by)
    return drill


def awaits_acknowledgement(drill, user):
    """Whether this person has an unacknowledged call of this drill."""
    return Call.objects.filter(step__drill=drill, person=user, looked_at=None).exists()


def acknowledge_drill(drill, *, by):
    """Record that this person's calls arrived; how many calls."""
    own_calls = Call.objects.filter(step__drill=drill, person=by, looked_at=None)
    return own_calls.update(looked_at=clock.now())


def _record(action, drill, by):
    record_about(drill, action, actor=by, role=role_of(by, drill.place))
