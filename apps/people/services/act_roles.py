"""In which role a person begins or confirms an act."""

from django.db.models import Q, QuerySet

from apps.people.models import StaffPost, User


def acting_role(user: User, roles, municipality_id, school_id) -> str | None:
    """The role of the first of this user's posts of today in these roles there; or None.

    A school's post covers acts about that school; acts about all need one of the city.
    """
    if not user.is_active:
        return None
    for post in user.current_posts:
        is_there = post.municipality_id == municipality_id
        if is_there and post.school_id in (None, school_id) and post.role in roles:
            return post.role
    return None


def last_role_of(user: User, municipality_id) -> str | None:
    """The role of the last post this person held there, ended ones included; or None."""
    held = StaffPost.objects.filter(user=user, municipality=municipality_id)
    return held.order_by("-ends_on").values_list("role", flat=True).first()


def posts_in_roles(roles, municipality_id, school_id) -> QuerySet:
    """Today's posts from which somebody in one of these roles reaches that school, or the city."""
    posts = StaffPost.objects.current().filter(municipality=municipality_id, role__in=roles)
    return (
        posts.filter(Q(school=None) | Q(school=school_id))
        if school_id
        else posts.filter(school=None)
    )
