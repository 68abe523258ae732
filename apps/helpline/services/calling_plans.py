"""Who is called about a request and when: by the school's duty roster, or by the city's route."""

from dataclasses import dataclass
from datetime import time
from uuid import UUID

from apps.helpline import duty_hours, escalation_rules
from apps.helpline.models import DutyRoster, HelpRequest, ProtectionRoute, ReaderBasis
from apps.helpline.services import duty_rosters, readers, routes
from apps.people.models import Role, StaffPost, Student
from apps.people.services.person_accounts import accounts_near_student

CITY_OPENS, CITY_CLOSES = time(8, 30), time(17, 15)
CITY_WEEK = duty_hours.DutyWeek(dict.fromkeys(range(5), (CITY_OPENS, CITY_CLOSES)))
CITY_WAITS = escalation_rules.EscalationWaits(10, 30, 60)


@dataclass(frozen=True)
class CallingPlan:
    """The hours, the waits, the contacts, and the posts of who may be called ({account: post})."""

    week: duty_hours.DutyWeek
    waits: escalation_rules.EscalationWaits
    contacts: escalation_rules.DutyContacts
    posts: dict[UUID, StaffPost]


def plan_of_request(request: HelpRequest) -> CallingPlan:
    """The CallingPlan of a stored request, as the school or city has set it by now.

    Raises NobodyToCall where a protected request has no route any more.
    """
    opened = readers.opened_ids(request)
    if request.is_for_city:
        return plan_of_city(request.student, opened)
    if not request.is_protected:
        roster = DutyRoster.objects.get(school=request.student.school_id)
        return plan_of_roster(roster, request.chosen_id, request.student, opened)
    route = routes.route_for_calls(request.municipality_id)
    if route is None:
        raise escalation_rules.NobodyToCall
    kept_from = request.readers.filter(basis=ReaderBasis.KEPT_FROM)
    kept_ids = set(kept_from.values_list("person_id", flat=True))
    return plan_of_route(route, request.student, request.chosen_id, kept_ids, opened)


def plan_of_roster(
    roster: DutyRoster, chosen: UUID | None = None, student: Student | None = None,
    opened: frozenset = frozenset(),
) -> CallingPlan:  # fmt: skip
    """The CallingPlan by a school's roster."""
    return CallingPlan(
        duty_rosters.duty_week_of(roster),
        duty_rosters.escalation_waits_of(roster),
        duty_rosters.contacts_of(roster, chosen, student, opened),
        {post.user_id: post for post in duty_rosters.callable_posts_at(roster.school_id)},
    )


def plan_of_route(
    route: ProtectionRoute, student: Student, chosen: UUID | None = None,
    kept_ids: set | frozenset = frozenset(), opened: frozenset = frozenset(),
) -> CallingPlan:  # fmt: skip
    """The CallingPlan by the city's route: nobody of the student's school but whom the student
    chose, nobody whom the student wants to keep out, no parent of the class.
    """
    posts = {
        post.user_id: post
        for post in routes.posts_of_route(route)
        if post.user_id and not _works_with(post.user_id, student)
    }
    if chosen is not None:
        here = duty_rosters.callable_posts_at(student.school_id).filter(user=chosen)
        posts |= {post.user_id: post for post in here if post.user_id}
    able = _able(posts, student, kept_ids)
    if not able - {chosen}:
        return _plan_past_route(route, student, chosen, kept_ids, opened)
    contacts = escalation_rules.DutyContacts(
        route.first_id, route.second_id, route.last_id, frozenset(able), chosen, True, opened
    )
    week, waits = routes.week_of_route(route), duty_rosters.escalation_waits_of(route)
    return CallingPlan(week, waits, contacts, posts)


def _plan_past_route(
    route: ProtectionRoute, student: Student, chosen: UUID | None, kept_ids: set | frozenset,
    opened: frozenset,
) -> CallingPlan:  # fmt: skip
    """The CallingPlan where the student keeps out everybody of the route: the city's officers, or
    its family centre where they are kept out too.
    """
    for role in (Role.CITY, Role.FAMILY_CENTRE):
        posts = _posts_outside_schools(student, role)
        if ids := sorted(_able(posts, student, kept_ids), key=lambda pk: posts[pk].name):
            break
    at_school = duty_rosters.callable_posts_at(student.school_id).filter(user=chosen)
    posts |= {post.user_id: post for post in at_school if chosen and post.user_id}
    able = _able(posts, student, kept_ids)
    first, second, last = _three_of(ids)
    contacts = escalation_rules.DutyContacts(
        first, second, last, frozenset(able), chosen, True, opened
    )
    week, waits = routes.week_of_route(route), duty_rosters.escalation_waits_of(route)
    return CallingPlan(week, waits, contacts, posts)


def _three_of(ids: list[UUID]) -> tuple[UUID | None, UUID | None, UUID | None]:
    """The first, second and last of these, who may be one."""
    return (ids[0], ids[1 % len(ids)], ids[-1]) if ids else (None, None, None)


def _posts_outside_schools(student: Student, role: Role) -> dict[UUID, StaffPost]:
    """{account: post} of the city's people of a role who do not work at the student's school."""
    found = StaffPost.objects.current().filter(
        municipality=student.municipality_id, school=None, role=role, user__is_active=True
    )
    return {
        post.user_id: post
        for post in found.select_related("user").order_by("name", "pk")
        if post.user_id and not _works_with(post.user_id, student)
    }


def _able(
    posts: dict[UUID, StaffPost], student: Student, kept_ids: set | frozenset = frozenset()
) -> set[UUID]:
    """Those of these who may read it: not kept out, and no parent of the class."""
    return posts.keys() - kept_ids - accounts_near_student(student)


def plan_of_route_drill(route: ProtectionRoute) -> CallingPlan:
    """The CallingPlan of a practice run of a route: all of its people who hold a post."""
    posts = {post.user_id: post for post in routes.posts_of_route(route) if post.user_id}
    contacts = escalation_rules.DutyContacts(
        route.first_id, route.second_id, route.last_id, frozenset(posts)
    )
    week, waits = routes.week_of_route(route), duty_rosters.escalation_waits_of(route)
    return CallingPlan(week, waits, contacts, posts)


def plan_of_city(student: Student, opened: frozenset = frozenset()) -> CallingPlan:
    """The CallingPlan of a school without duty hours in a city without a route: the city's officers
    on weekdays, nobody who works at that school, no parent of the class.
    """
    posts = _posts_outside_schools(student, Role.CITY)
    able = _able(posts, student)
    posts = {pk: post for pk, post in posts.items() if pk in able}
    first, second, last = _three_of([*posts])
    contacts = escalation_rules.DutyContacts(first, second, last, frozenset(posts), opened=opened)
    return CallingPlan(CITY_WEEK, CITY_WAITS, contacts, posts)


def _works_with(user_id: UUID, student: Student) -> bool:
    """Whether this person holds a post at the student's school today."""
    posts = StaffPost.objects.current().filter(user=user_id, school=student.school_id)
    return posts.exists()
