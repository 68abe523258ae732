"""The route of a city: set by one person, confirmed by another, and who can be called by it."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.core.clock import now as current_time
from apps.helpline import duty_hours, staff_words
from apps.helpline.models import ProtectionRoute
from apps.people.models import Municipality, Role, StaffPost, User
from apps.people.permissions import cities_where, may
from apps.people.services.person_accounts import count_persons, is_same_person
from apps.people.services.recorded_changes import record_change

ROUTE_ROLES = {
    Role.CITY, Role.FAMILY_CENTRE, Role.COUNSELLOR, Role.SOCIAL_WORKER, Role.NURSE,
}  # fmt: skip
CONFIRM_VERB = "route.confirm"


class RouteRefused(Exception):
    """The route cannot be set or confirmed so; the message is shown to the person."""


def route_in_force(municipality: Municipality | UUID) -> ProtectionRoute | None:
    """The newest confirmed version, if it is on and somebody outside every school can be called."""
    route = latest_route(municipality)
    if route is None or not route.is_on:
        return None
    return route if not missing_people(route) else None


def latest_route(municipality: Municipality | UUID) -> ProtectionRoute | None:
    """The newest confirmed version, on or off."""
    return ProtectionRoute.objects.confirmed().filter(municipality=municipality).first()


def route_for_calls(municipality: Municipality | UUID) -> ProtectionRoute | None:
    """The newest confirmed version that named people: what was sent is followed to its end."""
    versions = ProtectionRoute.objects.confirmed().filter(municipality=municipality, is_on=True)
    return versions.first()


def posts_of_route(route: ProtectionRoute) -> list[StaffPost]:
    """The posts held today by the route's people, one a person: the one outside schools first."""
    posts = StaffPost.objects.current().filter(
        municipality=route.municipality_id, role__in=ROUTE_ROLES, user__is_active=True,
        user__in=[route.first_id, route.second_id, route.last_id],
    )  # fmt: skip
    found: dict[UUID | None, StaffPost] = {}
    for post in sorted(
        posts.select_related("user", "school"), key=lambda post: bool(post.school_id)
    ):
        found.setdefault(post.user_id, post)
    return list(found.values())


def missing_people(route: ProtectionRoute) -> list[str]:
    """Sentences saying what the route lacks (an empty list: it can be followed)."""
    posts = {post.user_id: post for post in posts_of_route(route)}
    sentences = []
    if count_persons([route.first_id, route.second_id, route.last_id]) < 3:
        sentences.append(str(staff_words.ROUTE_PEOPLE_DIFFER))
    if len(posts) < 2 or len({_body_of(post) for post in posts.values()}) < 2:
        sentences.append(str(staff_words.ROUTE_NEEDS_TWO_BODIES))
    last = posts.get(route.last_id)
    if last is None or last.school_id is not None:
        sentences.append(str(staff_words.ROUTE_LAST_OUTSIDE))
    return sentences


def _body_of(post: StaffPost) -> UUID | str:
    """The school, or the office of the city, for which somebody works."""
    return post.school_id or post.role


def week_of_route(route: ProtectionRoute) -> duty_hours.DutyWeek:
    """Its DutyWeek: weekdays without national holidays; a school's breaks do not count."""
    return duty_hours.DutyWeek(dict.fromkeys(range(5), (route.opens_at, route.closes_at)))


def availability_of(route: ProtectionRoute) -> duty_hours.DutyAvailability:
    """Whether somebody of the route is on duty now, and if not, from when."""
    return duty_hours.duty_availability(current_time(), week_of_route(route))


def people_to_choose(municipalities: Iterable[UUID]) -> QuerySet[User]:
    """The accounts that a route of these municipalities may name."""
    posts = StaffPost.objects.current().filter(
        municipality__in=municipalities, role__in=ROUTE_ROLES, user__is_active=True
    )
    return User.objects.filter(pk__in=posts.values("user")).order_by("email")


@transaction.atomic
def propose_route(route: ProtectionRoute, *, by: User) -> ProtectionRoute:
    """Store a version; nothing changes before another person confirms it. Raises RouteRefused."""
    if route.municipality_id not in cities_where(by, "route.edit"):
        raise RouteRefused(str(staff_words.ROUTE_NOT_YOURS))
    missing = missing_people(route) if route.is_on else []
    if missing:
        raise RouteRefused("".join(missing))
    route.proposed_by = by
    route.save(force_insert=True)
    record_change(route, by, ["first", "second", "last", "hours", "is_on"])
    return route


@transaction.atomic
def confirm_route(route: ProtectionRoute, *, by: User) -> ProtectionRoute:
    """Bring a version into force as a second person. Raises RouteRefused."""
    route = _waiting(route)
    if not may(by, CONFIRM_VERB, route.municipality) or is_same_person(by, route.proposed_by_id):
        raise RouteRefused(str(staff_words.ROUTE_SECOND_PERSON))
    missing = missing_people(route) if route.is_on else []
    if missing:
        raise RouteRefused("".join(missing))
    route.confirmed_by, route.confirmed_at = by, current_time()
    route.save(update_fields=["confirmed_by", "confirmed_at"])
    record_change(route, by, ["confirmed_at"])
    return route


@transaction.atomic
def drop_route(route: ProtectionRoute, *, by: User) -> ProtectionRoute:
    """Drop a version that waits, by who set it or who would confirm it. Raises RouteRefused."""
    route = _waiting(route)
    if not (may(by, CONFIRM_VERB, route.municipality) or is_same_person(by, route.proposed_by_id)):
        raise RouteRefused(str(staff_words.ROUTE_DROP_NOT_YOURS))
    route.dropped_at = current_time()
    route.save(update_fields=["dropped_at"])
    record_change(route, by, ["dropped_at"])
    return route


def _waiting(route: ProtectionRoute) -> ProtectionRoute:
    waiting = ProtectionRoute.objects.waiting().filter(pk=route.pk)
    found = waiting.select_for_update(of=["self"]).select_related("municipality").first()
    if found is None:
        raise RouteRefused(str(staff_words.ROUTE_DECIDED))
    return found


def versions_waiting_for(user: User) -> QuerySet[ProtectionRoute]:
    """The versions this person may confirm."""
    cities = cities_where(user, CONFIRM_VERB)
    return ProtectionRoute.objects.waiting().filter(municipality__in=cities)
