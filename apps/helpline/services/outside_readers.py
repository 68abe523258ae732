"""The people of a city's route, for who asks which words are past the school
(apps.people.services.outside_readers).
"""

from datetime import datetime
from uuid import UUID

from apps.core.sql_batches import fetch_prepared
from apps.helpline import duty_hours, words
from apps.helpline.services import routes
from apps.helpline.services.calling_plans import CITY_WAITS, CITY_WEEK
from apps.people.models import Role, StaffPost, Student


def is_offered(student: Student) -> bool:
    """Whether the city has a route in force, and its sentences are approved at this school."""
    parameters = {"school": student.school_id, "wording": words.WORDS_VERSION}
    ((is_approved,),) = fetch_prepared(_IS_APPROVED, parameters)
    return is_approved and routes.route_in_force(student.municipality_id) is not None


# As recipients.is_approved says it; asked by every page with free text.
_IS_APPROVED = """
    SELECT EXISTS (
        SELECT FROM helpline_dutyroster r JOIN helpline_dutyapproval a ON a.id = r.approval_id
        WHERE r.school_id = %(school)s AND r.is_on AND a.wording = %(wording)s
    )
"""


def accounts_of(municipality_id: UUID) -> set[UUID]:
    """The accounts of the route's people who hold a post there today; also of one switched off."""
    route = routes.route_for_calls(municipality_id)
    posts = routes.posts_of_route(route) if route else []
    return {post.user_id for post in posts if post.user_id}


def last_accounts_of(municipality_id: UUID) -> set[UUID]:
    """The accounts of the city's officers: the last responders outside every school."""
    return _accounts_outside_schools(municipality_id, Role.CITY)


def accounts_beyond(municipality_id: UUID) -> set[UUID]:
    """The accounts of the city's family centre: where the student named every officer too."""
    return _accounts_outside_schools(municipality_id, Role.FAMILY_CENTRE)


def _accounts_outside_schools(municipality_id: UUID, role: Role) -> set[UUID]:
    posts = StaffPost.objects.current().filter(
        municipality=municipality_id, school=None, role=role, user__is_active=True
    )
    return {pk for pk in posts.values_list("user", flat=True) if pk}


def rises_at(municipality_id: UUID, since: datetime) -> datetime | None:
    """When the last of the route would be called about a request of that time."""
    route = routes.route_for_calls(municipality_id)
    week = routes.week_of_route(route) if route else CITY_WEEK
    minutes = route.last_after if route else CITY_WAITS.last
    try:
        return duty_hours.after_duty_minutes(since, minutes, week)
    except duty_hours.NoDutyHours:
        return None
