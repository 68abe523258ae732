"""Roster posts without an account, beside the invited people who could be meant.

The school decides; an address alone never does. A match gives no right that the person does not
hold by the invitation already, or that a plain teacher has.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from apps.core import clock
from apps.people.models import Role, School, StaffPost, User
from apps.people.normalisation import normalise_name
from apps.people.permissions import role_of, schools_where
from apps.people.services.person_accounts import accounts_of_person
from apps.people.services.recorded_changes import record_change
from apps.people.services.staff_posts import APPOINT_VERB

NOT_ANY_MORE = "名簿か招待が変わりました。もう一度見てください。"
NEEDS_TWO = (
    "この立場・学級・学年では招待されていません。先に、同じ担当で招待するか、担当を変えてください。"
)
LONGER = "招待した期間より長い担当です。先に、招待した担当の終わりの日を変えてください。"


class CannotMatch(Exception):
    """The two are not matched; the message is for the member of staff."""


@dataclass(frozen=True)
class PostMatch:
    """A roster post and the invited people who could be meant, equal names first."""

    named: StaffPost
    invited: list[StaffPost]


def schools_to_match(user: User):
    """The schools for which this person may match posts."""
    return schools_where(user, APPOINT_VERB).order_by("name")


def matches_at(school: School, user: User) -> list[PostMatch]:
    """The unmatched roster posts of a school, each with the possible people."""
    here = StaffPost.objects.current().filter(school=school).select_related("school_class")
    open_ = here.filter(user=None).exclude(source_id="").order_by("school_class__title", "name")
    invited = list(
        here.exclude(user=None).filter(source_id="").exclude(user__in=accounts_of_person(user))
    )
    return [PostMatch(post, _sorted(post, invited)) for post in open_]


def _sorted(named, invited):
    wanted = normalise_name(named.name)
    able = {post.user_id: post for post in invited if not why_not_matched(named, post)}
    return sorted(able.values(), key=lambda post: (normalise_name(post.name) != wanted, post.name))


def why_not_matched(named: StaffPost, invited: StaffPost) -> str:
    """Why this person cannot be matched alone; "" where they can."""
    if invited.ends_on and (named.ends_on is None or named.ends_on > invited.ends_on):
        return LONGER
    return "" if named.role == Role.TEACHER or _duty(named) == _duty(invited) else NEEDS_TWO


def _duty(post):
    return post.role, post.school_class_id, post.grade


@transaction.atomic
def match_post(named_id: UUID, invited_id: UUID, *, by: User) -> StaffPost:
    """Match a roster post with this person: the post becomes theirs. Raises CannotMatch.

    An equal invited post ends, so that the roster alone says how long it lasts.
    """
    posts = StaffPost.objects.current().select_for_update(of=["self"]).order_by("pk")
    found = {post.pk: post for post in posts.filter(pk__in=[named_id, invited_id])}
    named, invited = found.get(named_id), found.get(invited_id)
    if named is None or invited is None or not _fit(named, invited, by):
        raise CannotMatch(NOT_ANY_MORE)
    if why := why_not_matched(named, invited):
        raise CannotMatch(why)
    named.user_id = invited.user_id
    named.save(update_fields=["user"])
    if _duty(named) == _duty(invited):
        invited.ended_at, invited.ends_on = clock.now(), clock.today() - timedelta(days=1)
        invited.save(update_fields=["ended_at", "ends_on"])
    record_change(named, by, ["user"], role=role_of(by, named.school, APPOINT_VERB))
    return named


def _fit(named, invited, by):
    return (
        named.user_id is None
        and named.source_id
        and invited.user_id is not None
        and not invited.source_id
        and named.school_id == invited.school_id
        and invited.user_id not in accounts_of_person(by)
        and schools_to_match(by).filter(pk=named.school_id).exists()
    )
