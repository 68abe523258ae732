"""Workload figures: how much waits, for how long, and for whom. Nothing about students.

Each reader's figures count the requests that this reader may open, and no others.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from apps.core import clock
from apps.helpline import duty_hours
from apps.helpline.models import Call, DutyRoster, HelpRequest, HelpState
from apps.helpline.services.duty_rosters import callable_posts_at, duty_weeks_of
from apps.people.permissions import schools_where

WORKLOAD_WINDOW = timedelta(days=30)


@dataclass(frozen=True)
class PersonWorkload:
    """One person's month: what waits for them now, how often called, how soon they opened."""

    name: str
    role: str
    n_held: int
    n_called: int
    n_seen: int
    minutes: float | None


@dataclass(frozen=True)
class SchoolWorkload:
    """One school's month. Minutes are duty minutes (nights and holidays do not count), medians."""

    school: object
    n_unseen: int
    n_unanswered: int
    n_month: int
    minutes: float | None
    longest: float | None
    people: list


def school_workloads(user):
    """The SchoolWorkloads of the schools where this person has a school-wide role.

    They count the requests this person is a reader of.
    """
    schools = {school.pk: school for school in schools_where(user, "duty.drill")}
    rosters = DutyRoster.objects.filter(school__in=schools)
    weeks = duty_weeks_of(rosters)
    return [
        _of_school(school, weeks.get(pk, duty_hours.DutyWeek({})), user)
        for pk, school in schools.items()
    ]


def _of_school(school, week, user):
    since = clock.now() - WORKLOAD_WINDOW
    school_requests = HelpRequest.objects.visible_to(user).filter(student__school=school)
    month = list(school_requests.filter(sent_at__gte=since).exclude(state=HelpState.CANCELLED))
    waits = [
        w for r in month if r.seen_at and (w := _minutes(r.sent_at, r.seen_at, week)) is not None
    ]
    states = Counter(school_requests.open().values_list("state", flat=True))
    return SchoolWorkload(
        school=school,
        n_unseen=states[HelpState.SENT],
        n_unanswered=states[HelpState.SEEN],
        n_month=len(month),
        minutes=median(waits) if waits else None,
        longest=max(waits, default=None),
        people=_people(school, week, since, school_requests),
    )


def _people(school, week, since, school_requests):
    held = Counter(school_requests.unanswered().values_list("seen_by", flat=True))
    calls = defaultdict(list)
    found = Call.objects.filter(step__request__in=school_requests, called_at__gte=since)
    for call in found:
        calls[call.person_id].append(call)
    by_user = {post.user_id: post for post in callable_posts_at(school.pk)}
    ids = [pk for pk in by_user if held[pk] or calls[pk]]
    return [_person(by_user[pk], held[pk], calls[pk], week) for pk in ids]


def _person(post, n_held, calls, week):
    looked = [call for call in calls if call.looked_at]
    waits = [_minutes(call.called_at, call.looked_at, week) for call in looked]
    waits = [wait for wait in waits if wait is not None]
    return PersonWorkload(
        name=post.name,
        role=post.get_role_display(),
        n_held=n_held,
        n_called=len(calls),
        n_seen=len(looked),
        minutes=median(waits) if waits else None,
    )


def _minutes(begin, end, week):
    try:
        return duty_hours.duty_minutes_between(begin, end, week)
    except duty_hours.NoDutyHours:
        return None
