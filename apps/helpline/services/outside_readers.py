"""The people of a city's route, for who asks which words are past the school
(apps.people.services.outside_readers).
"""

from uuid import UUID

from apps.helpline.models import DutyRoster
from apps.helpline.services import routes
from apps.helpline.services.recipients import is_approved
from apps.people.models import Student


def is_offered(student: Student) -> bool:
    """Whether the city has a route in force, and its sentences are approved at this school."""
    rosters = DutyRoster.objects.filter(school=student.school_id, is_on=True)
    roster = rosters.select_related("approval").first()
    if roster is None or not is_approved(roster):
        return False
    return routes.route_in_force(student.municipality_id) is not None


def accounts_of(municipality_id: UUID) -> set[UUID]:
    """The accounts of the route's people who hold a post there today; also of one switched off."""
    route = routes.route_for_calls(municipality_id)
    posts = routes.posts_of_route(route) if route else []
    return {post.user_id for post in posts if post.user_id}
