"""The timeline of an opened case: signs and everything that people wrote, newest first."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.cases.models import Judgement, StateChangeKind
from apps.cases.services.casework import OpenedCase
from apps.core import clock
from apps.core.templatetags.japanese import plain
from apps.people.models import School, StaffPost, User
from apps.vault.words import why_unreadable

GONE = "いまはこの学校にいません"


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened: ``lines`` are [(label, text)], a label may be ""."""

    at: datetime
    what: str
    lines: list = field(repr=False)
    by: str = ""
    kind: str = ""
    is_newer: bool = False  # written while this person was writing


def timeline_of(opened: OpenedCase, n_newer: int = 0) -> list[TimelineEntry]:
    """All entries, newest first; the ``n_newer`` newest that people wrote are marked."""
    names = _names({row.written_by_id for rows in opened.notes.values() for row, _ in rows}, opened)
    written = [
        _entry(name, row, content, names)
        for name, rows in opened.notes.items()
        for row, content in rows
    ]
    written.sort(key=lambda entry: entry.at, reverse=True)
    marked = [
        TimelineEntry(e.at, e.what, e.lines, e.by, e.kind, number < n_newer)
        for number, e in enumerate(written)
    ]
    return sorted([*marked, *_signs(opened)], key=lambda entry: entry.at, reverse=True)


def _signs(opened: OpenedCase) -> list[TimelineEntry]:
    signs = [one.sign for one in opened.signs] + opened.earlier_signs
    return [
        TimelineEntry(
            sign.raised_at,
            "よい変化" if sign.is_positive else "気づき",
            [("", f"{sign.rule.title}({sign.rule.code} 第{sign.rule.version}版)")],
            kind="sign",
        )
        for sign in signs
    ]


def _entry(name: str, row: Any, content: Any, names: dict) -> TimelineEntry:
    what, lines = LINES[name]
    found = lines(row, content) if content else [("", why_unreadable(content))]
    by = names.get(row.written_by_id, GONE)
    return TimelineEntry(
        row.written_at, what(row), found, f"{by}・{row.written_role}として", kind=name
    )


def _names(user_ids: set, opened: OpenedCase) -> dict:
    """{account: name and role at this school}, of who has left too."""
    return names_at(user_ids, opened.case.school)


def names_at(user_ids: set, school: School) -> dict:
    """{account: 山田 花(養護教諭)} of staff of a school; of who has left, that they have."""
    posts = StaffPost.objects.filter(user_id__in=user_ids).order_by("name")
    on, names = clock.today(), {}
    current = set(
        StaffPost.objects.current(on).filter(user_id__in=user_ids).values_list("pk", flat=True)
    )
    for post in posts:
        is_here = post.pk in current and post.school_id in (school.pk, None)
        if is_here:
            names[post.user_id] = f"{post.name}({post.get_role_display()})"
        else:
            names.setdefault(post.user_id, f"{post.name}({GONE})")
    return names


def holder_left(user: User, school: School) -> bool:
    """Whether who holds a case works at its school no longer."""
    return not StaffPost.objects.current().filter(user=user, school=school).exists()


def _words(row: Any, content: dict) -> list:
    return [("", content["words"])]


def _decision(row: Any, content: dict) -> list:
    return [(Judgement(row.judgement).label, content["words"])]


def _plan(row: Any, content: dict) -> list:
    return [("", content["words"]), ("次の確認", f"{row.review_on.month}月{row.review_on.day}日")]


def _referral(row: Any, content: dict) -> list:
    return [(plain(row.organisation.name), content["words"])]


def _state_change(row: Any, content: dict) -> list:
    return [("", content["words"])] if content["words"] else []


def _always(words: str) -> Callable[[Any], str]:
    return lambda row: words


# relation of a case → what it is in one word, and its lines
LINES: dict[str, tuple[Callable[[Any], str], Callable[[Any, dict], list]]] = {
    "observations": (_always("記録"), _words),
    "decisions": (_always("判断"), _decision),
    "plans": (_always("支援計画"), _plan),
    "referrals": (_always("紹介"), _referral),
    "outcomes": (_always("結果"), _words),
    "state_changes": (lambda row: str(StateChangeKind(row.kind).label), _state_change),
}
