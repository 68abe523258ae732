"""Minutes of a meeting, case by case: who was there and what was said; corrected by another row."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.audit.models import Action
from apps.cases.models import CaseMeeting, MeetingItem, MeetingMinutes
from apps.cases.services.case_writing import CannotChangeCase, checked_words, write_note
from apps.core.clock import today
from apps.people.models import Role, StaffPost, User

OUTSIDE_LIMIT = 200
NOT_AT_MEETINGS = (Role.HELPDESK, Role.PRIVACY)


@transaction.atomic
def add_minutes(
    item: MeetingItem, *, actor: User, words: str, present: Sequence[StaffPost], outside: str = "",
    corrects: bool = False, form_key: UUID, seen: str | None = None,
) -> MeetingMinutes:  # fmt: skip
    """Append the minutes of one case; an earlier text is never changed, a correction stands beside.

    Raises CannotChangeCase before the day of the meeting, where nobody was there, for posts that
    are not of the school or its city, and for a correction of nothing.
    """
    if item.meeting.held_on > today():
        raise CannotChangeCase(_("記録は、会議の日から書けます。"))
    if not {post.pk for post in present} <= {post.pk for post in attendees_for(item.meeting)}:
        raise CannotChangeCase(_("この学校と市の職員から選んでください。"))
    outside = checked_words(outside, OUTSIDE_LIMIT) if outside.strip() else ""
    if not present and not outside:
        raise CannotChangeCase(_("いた人を選んでください。"))
    if corrects and not item.minutes.exists():
        raise CannotChangeCase(_("直す記録が、まだありません。"))
    content = {"present": list(map(post_label, present)), "outside": outside, "corrects": corrects}
    return write_note(
        MeetingMinutes, item.case, actor=actor, what="minutes", action=Action.MEETING_MINUTED,
        words=words, content=content, form_key=form_key, seen=seen, item=item,
    )  # fmt: skip


def attendees_for(meeting: CaseMeeting) -> QuerySet[StaffPost]:
    """The posts held on the day: of the school, then of the whole city."""
    at_city = Q(school=None, municipality=meeting.municipality_id)
    posts = StaffPost.objects.current(meeting.held_on).filter(Q(school=meeting.school_id) | at_city)
    return posts.exclude(role__in=NOT_AT_MEETINGS).order_by("school", "role", "name", "pk")


def post_label(post: StaffPost) -> str:
    """A post by name and role: 山田 花(養護教諭)."""
    return f"{post.name}({post.get_role_display()})"


def item_lines(row: MeetingItem, content: dict[str, Any]) -> list:
    """The lines [(label, text)] of an item of an agenda in the timeline of its case.

    Without its number: not everybody counts the same items.
    """
    return [("", str(row.meeting))]


def minutes_lines(row: MeetingMinutes, content: dict[str, Any]) -> list:
    """The lines [(label, text)] of minutes in the timeline of the case."""
    return [("", str(row.item.meeting)), *spoken_lines(content)]


def spoken_lines(content: dict[str, Any]) -> list:
    """The lines [(label, text)] of what was said, and who was there."""
    people = [*content["present"], *filter(None, [content["outside"]])]
    said = _("直したもの") if content["corrects"] else _("話したこと")
    return [(_("いた人"), "・".join(people)), (said, content["words"])]  # no sentence
