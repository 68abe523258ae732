"""Reads and checks staff posts: validity, who manages them, the last holder of a role."""

from datetime import date

from django.db.models import Q, QuerySet

from apps.core import clock
from apps.people.models import CITY_WIDE_ROLES, Role, SchoolClass, StaffPost, User
from apps.people.permissions import posts_with
from apps.people.services.person_accounts import accounts_of_person
from apps.people.services.post_duties import duties_of

APPOINT_VERB = "staff.appoint"
CITY_MANAGED_ROLES = {
    Role.CITY,
    Role.PRIVACY,
}  # roles whose last holder cannot be ended


def why_post_invalid(post: StaffPost) -> str:
    """Why a post of this kind is invalid; "" where it is valid."""
    if (post.role in CITY_WIDE_ROLES) is not (post.school_id is None):
        return "市の立場には学校を、学校の立場には学校を、正しくえらんでください。"
    if post.school_id and post.school.municipality_id != post.municipality_id:
        return "この自治体の学校ではありません。"
    if (post.role == Role.HOMEROOM) is not (post.school_class_id is not None):
        return "担任には学級を、ほかの立場には学級なしをえらんでください。"
    if post.school_class_id and not _is_current(post.school_class_id, post.school_id):
        return "この学校の、いまの学級ではありません。"
    if (post.role == Role.YEAR_HEAD) is not bool(post.grade):
        return "学年主任には学年を、ほかの立場には学年なしをえらんでください。"
    if post.begins_on and post.ends_on and post.ends_on < post.begins_on:
        return "おわりの日は、はじまりの日より前にできません。"
    return ""


def _is_current(class_id, school_id):
    return SchoolClass.objects.current().filter(pk=class_id, school=school_id).exists()


def posts_managed_by(user: User) -> QuerySet:
    """The posts, ended ones too, this person may propose to change or end; never their own.

    For a school lead: those at the school. For city staff: all of the municipality. For the
    privacy officer: those of the city.
    """
    return posts_visible_to(user).exclude(user__in=accounts_of_person(user))


def posts_visible_to(user: User) -> QuerySet:
    """The same with their own ones: to view."""
    return StaffPost.objects.filter(where_appointing(user), is_waiting=False)


def where_appointing(user: User) -> Q:
    """The posts, and the invitations to posts, about which this person may propose something."""
    reach = Q(pk__in=[])
    for post in posts_with(user, APPOINT_VERB):
        reach |= reach_of_appointing(post)
    return reach


def reach_of_appointing(post: StaffPost) -> Q:
    """The posts about which whoever appoints from this post may propose something."""
    if post.role == Role.PRIVACY:
        return Q(municipality=post.municipality_id, role__in=CITY_WIDE_ROLES)
    if post.school_id is None:
        return Q(municipality=post.municipality_id)
    return Q(school=post.school_id)


def assignable_roles(user: User) -> list[Role]:
    """The roles for which this person may propose a post somewhere: enough for a menu."""
    roles = set().union(*map(_assignable_from, posts_with(user, APPOINT_VERB)))
    return [role for role in Role if role in roles]


def appointing_post(user: User, *posts: StaffPost) -> StaffPost | None:
    """The post of this person that alone reaches the places of ``posts`` and may give their roles."""
    for held in posts_with(user, APPOINT_VERB):
        if all(_may_give(held, post) for post in posts):
            return held
    return None


def _may_give(held, post):
    is_there = held.municipality_id == post.municipality_id
    is_there = is_there and held.school_id in (None, confirming_school_id(post))
    return is_there and post.role in _assignable_from(held)


def _assignable_from(held):
    """The roles that whoever holds this post may propose at its place."""
    roles = set()
    if held.role in (Role.CITY, Role.PRIVACY) and held.school_id is None:
        roles |= CITY_WIDE_ROLES
    if held.role != Role.PRIVACY:
        roles |= set(Role) - CITY_WIDE_ROLES
    return roles


def confirming_school_id(*posts: StaffPost):
    """The id of the school whose staff confirm; None where city staff must.

    Posts of the city are for city staff alone.
    """
    if any(post.role in CITY_WIDE_ROLES for post in posts):
        return None
    return posts[0].school_id


def other_holders(post: StaffPost, on: date | None = None) -> QuerySet:
    """Other people's posts of this role at this place that hold on a day, with an account in use."""
    found = StaffPost.objects.current(on).filter(
        municipality=post.municipality_id, school=post.school_id, role=post.role,
        user__is_active=True,
    )  # fmt: skip
    return found.exclude(pk=post.pk).exclude(user=post.user_id)


def is_last_holder(post: StaffPost, on: date | None = None) -> bool:
    """Whether nobody else holds, on a day, a role that must always have a holder.

    City, privacy officer and school lead; and the last responder of a duty roster.
    """
    if post.user_id is None:
        return False
    if post.role in CITY_MANAGED_ROLES | {Role.PRINCIPAL} and not other_holders(post, on).exists():
        return True
    return any(duty.is_last for duty in duties_of(post.user_id, post.school_id)) and not (
        _holds_another(post, on)
    )


def _holds_another(post, on):
    """Whether the person keeps another post at this school."""
    held = StaffPost.objects.current(on).filter(user=post.user_id, school=post.school_id)
    return held.exclude(pk=post.pk).exists()


def is_post_over(post: StaffPost) -> bool:
    """Whether the post was ended or its time has passed."""
    return post.ended_at is not None or (post.ends_on is not None and post.ends_on < clock.today())
