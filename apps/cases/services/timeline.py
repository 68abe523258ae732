"""The timeline of an opened case: signs and everything that people wrote, newest first.

And beside it the plan that is in force with its steps, and the referrals with their answers.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.cases.models import (
    AgreedWith,
    BeginningKind,
    Judgement,
    PackPart,
    Recipient,
    ReferralConsent,
    SchemeState,
    SheetPart,
    StateChangeKind,
)
from apps.cases.services.casework import OpenedCase
from apps.cases.services.conversations import conversation_lines
from apps.cases.services.meeting_minutes import item_lines, minutes_lines
from apps.cases.services.referrals import answers_in_words
from apps.core import clock
from apps.core.clock import JST
from apps.core.templatetags.japanese import plain
from apps.people.models import School, StaffPost
from apps.vault.words import content_words, why_unreadable

GONE = gettext_lazy("いまはこの学校にいません")


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
    names = _names(opened)
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
    everything = [*marked, *_signs(opened), *_answers(opened)]
    return sorted(everything, key=lambda entry: entry.at, reverse=True)


def _signs(opened: OpenedCase) -> list[TimelineEntry]:
    signs = [one.sign for one in opened.signs] + opened.earlier_signs
    return [
        TimelineEntry(
            sign.raised_at,
            _("よい変化") if sign.is_positive else _("気づき"),
            [
                (
                    "",
                    _("%(title)s(%(code)s 第%(version)s版)")
                    % {
                        "title": sign.rule.title,
                        "code": sign.rule.code,
                        "version": sign.rule.version,
                    },
                )
            ],
            kind="sign",
        )
        for sign in signs
    ]


def _answers(opened: OpenedCase) -> list[TimelineEntry]:
    return [
        TimelineEntry(
            at, _("紹介への返事"), [(plain(row.organisation.name), words)], kind="referral_answer"
        )
        for row, _content in opened.notes["referrals"]
        for at, words in answers_in_words(row)
    ]


def _entry(name: str, row: Any, content: Any, names: dict) -> TimelineEntry:
    what, lines = LINES[name]
    found = lines(row, content) if content else [("", why_unreadable(content))]
    if getattr(row, "assignee_id", None):
        found = [*found, (_("する人"), names.get(row.assignee_id, GONE))]
    by = names.get(row.written_by_id, GONE)
    if row.written_role not in by:
        by = _("%(by)s・%(role)sとして") % {"by": by, "role": row.written_role}
    return TimelineEntry(row.written_at, what(row), found, by, kind=name)


def _names(opened: OpenedCase) -> dict:
    """{account: name and role at this school} of all who wrote or were given a step."""
    rows = [row for found in opened.notes.values() for row, _content in found]
    given = {getattr(row, "assignee_id", None) for row in rows}
    return names_at({row.written_by_id for row in rows} | given - {None}, opened.case.school)


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


def _words(row: Any, content: dict) -> list:
    return [("", content["words"])]


def _beginning(row: Any, content: dict) -> list:
    """What a student or a guardian asked is not named: only its readers know of it."""
    kind = BeginningKind(content["kind"])
    shown = BeginningKind.WORRY if kind in (BeginningKind.REQUEST, BeginningKind.FAMILY) else kind
    return [(str(shown.label), content["words"])]


def _decision(row: Any, content: dict) -> list:
    return [(Judgement(row.judgement).label, content["words"])]


def _plan(row: Any, content: dict) -> list:
    agreed = str(AgreedWith(row.agreed_with).label)
    why_not = content.get("why_not")
    return [
        (_("めあて"), content["words"]),
        (_("だれと決めたか"), f"{agreed}({why_not})" if why_not else agreed),
        (_("次の確認"), _day(row.review_on)),
    ]


def _step(row: Any, content: dict) -> list:
    who = [(_("する人"), content["who"])] if content["who"] else []
    return [("", content["words"]), *who, (_("いつまで"), _day(row.until_on))]


def _step_result(row: Any, content: dict) -> list:
    what = _("%(what)s(%(day)sまでの手だて)") % {"what": row, "day": _day(row.step.until_on)}
    return [(what, content["words"] or "—")]


def _referral(row: Any, content: dict) -> list:
    agreed = str(ReferralConsent(row.agreed_by).label)
    why = content.get("why_alone")
    labels = [str(SheetPart(part).label) for part in content.get("parts", [])]
    shared = "・".join(labels)  # no sentence
    return [
        (plain(row.organisation.name), content["words"]),
        (_("だれが望んだか"), f"{agreed}({why})" if why else agreed),
        *([(_("ほかに伝えること"), shared)] if shared else []),
    ]


def _day(on: date) -> str:
    return f"{on.month}月{on.day}日"  # no sentence


def _hand_over(row: Any, content: dict) -> list:
    state = _("確かめた") if row.confirmed_at else _("二人目が確かめるのを待っている")
    parts = "・".join(str(PackPart(part).label) for part in content["parts"])  # no sentence
    return [
        (
            _("%(kind)s %(to)s あて")
            % {"kind": Recipient(row.recipient).label, "to": content["to"]},
            content["words"],
        ),
        (_("渡すもの"), parts),
        (_("二人目"), state + (_("(あぶないので先に渡せる)") if row.is_urgent else "")),
    ]


def _scheme_step(row: Any, content: dict) -> list:
    if "scheme" not in content:
        return [("", content["words"])]
    what = f"{content['scheme']}: {SchemeState(content['state']).label}"
    return [("", what), *([("", content["words"])] if content["words"] else [])]


def _state_change(row: Any, content: dict) -> list:
    return [("", content["words"])] if content["words"] else []


def _always(words: Any) -> Callable[[Any], str]:
    return lambda row: words


# relation of a case → what it is in one word, and its lines
LINES: dict[str, tuple[Callable[[Any], str], Callable[[Any, dict], list]]] = {
    "beginnings": (_always(gettext_lazy("はじまり")), _beginning),
    "observations": (_always(gettext_lazy("記録")), _words),
    "decisions": (_always(gettext_lazy("判断")), _decision),
    "plans": (_always(gettext_lazy("支援計画")), _plan),
    "steps": (_always(gettext_lazy("手だて")), _step),
    "step_results": (_always(gettext_lazy("手だての結果")), _step_result),
    "referrals": (_always(gettext_lazy("紹介")), _referral),
    "hand_overs": (str, _hand_over),
    "centre_reports": (_always(gettext_lazy("児童相談所に伝えた")), _words),
    "scheme_steps": (_always(gettext_lazy("制度の案内")), _scheme_step),
    "conversations": (_always(gettext_lazy("話したことの確認")), conversation_lines),
    "meeting_items": (_always(gettext_lazy("会議の議題")), item_lines),
    "minutes": (_always(gettext_lazy("会議の記録")), minutes_lines),
    "outcomes": (_always(gettext_lazy("結果")), _words),
    "state_changes": (lambda row: str(StateChangeKind(row.kind).label), _state_change),
}


# -- beside the timeline --------------------------------------------------------------------------


@dataclass(frozen=True)
class StepLine:
    """A step of the plan: what, who, until when, and what became of it ("" while it is open)."""

    words: str = field(repr=False)
    who: str
    until_on: date
    result: str
    is_overdue: bool


@dataclass(frozen=True)
class PlanPanel:
    """The plan in force, and its steps, the first due first."""

    lines: list = field(repr=False)
    steps: list = field(repr=False)


def plan_panel(opened: OpenedCase) -> PlanPanel | None:
    """The newest plan since the case was last opened again; None where there is none."""
    changes = [row for row, _content in opened.notes["state_changes"] if row.kind == "reopened"]
    since = max((row.written_at for row in changes), default=None)
    plans = [(r, c) for r, c in opened.notes["plans"] if since is None or r.written_at > since]
    if not plans:
        return None
    row, content = max(plans, key=lambda pair: pair[0].written_at)
    names, ended = _names(opened), {}
    for result, _content in sorted(
        opened.notes["step_results"], key=lambda pair: pair[0].written_at
    ):
        ended[result.step_id] = f"{result}({result.written_at.astimezone(JST):%m/%d})"
    steps = [
        StepLine(
            content_words(words),
            names.get(step.assignee_id, GONE) if step.assignee_id else (words or {}).get("who", ""),
            step.until_on,
            ended.get(step.pk, ""),
            step.pk not in ended and step.until_on < clock.today(),
        )
        for step, words in sorted(opened.notes["steps"], key=lambda pair: pair[0].until_on)
        if since is None or step.written_at > since
    ]
    return PlanPanel(_plan(row, content) if content else [("", why_unreadable(content))], steps)


def referral_lines(opened: OpenedCase) -> list:
    """[(Referral, organisation's name, its newest answer in words)]."""
    found = []
    for row, _content in opened.notes["referrals"]:
        answers = answers_in_words(row)
        found.append((row, plain(row.organisation.name), answers[-1][1] if answers else ""))
    return found
