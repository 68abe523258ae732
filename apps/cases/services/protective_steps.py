"""What a step, its result and a referral of a protective case say, beside their words.

It is sealed with the words. Nothing of it stands on きょう, in a mail or in a count: the readers of
the case find it on its page.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from apps.cases.models import ProtectiveCase, ProtectiveNote, ProtectiveNoteKind, ProtectiveReader
from apps.core.clock import today
from apps.core.templatetags.japanese import plain
from apps.notices.models import SupportOrganisation

DAY = "%Y-%m-%d"


class CannotProtect(Exception):
    """The act is refused; the message is shown to the user."""


@dataclass(frozen=True)
class ProtectiveMore:
    """Who does a step (a reader) until when; which step is done; to which organisation it was told."""

    assignee: ProtectiveReader | None = None
    until_on: date | None = None
    step: ProtectiveNote | None = None
    is_done: bool = False
    organisation: SupportOrganisation | None = None


def more_of(
    case: ProtectiveCase, kind: ProtectiveNoteKind, more: ProtectiveMore | None
) -> dict[str, Any]:
    """What is sealed with the words. Raises CannotProtect where something is missing."""
    more = more or ProtectiveMore()
    if kind == ProtectiveNoteKind.STEP:
        return _step(case, more)
    if kind == ProtectiveNoteKind.STEP_ENDED:
        if more.step is None or more.step.case_id != case.pk:
            raise CannotProtect(_("どの手だての結果かを選んでください。"))
        return {"step": str(more.step.pk), "is_done": more.is_done}
    if kind == ProtectiveNoteKind.REFERRED:
        if more.organisation is None:
            raise CannotProtect(_("どの窓口に伝えたかを選んでください。"))
        return {"organisation": plain(more.organisation.name)}
    if kind == ProtectiveNoteKind.PLAN and more.until_on is not None:
        return {"until_on": _not_past(more.until_on)}
    return {}


def _step(case: ProtectiveCase, more: ProtectiveMore) -> dict[str, Any]:
    if more.assignee is None or more.until_on is None:
        raise CannotProtect(_("手だてには、する人といつまでかを書いてください。"))
    if not case.readers.reading().filter(pk=more.assignee.pk).exists():
        raise CannotProtect(_("する人は、このケースを読む人から選んでください。"))
    who = str(more.assignee.person_id)
    return {"assignee": who, "role": more.assignee.role, "until_on": _not_past(more.until_on)}


def _not_past(on: date) -> str:
    if on < today():
        raise CannotProtect(_("いつまでかは、きょうより前の日にできません。"))
    return on.strftime(DAY)


def lines_of(content: Any) -> list[str]:
    """What an opened note says beside its words, a line each."""
    if not isinstance(content, dict):
        return []
    lines = []
    if role := content.get("role"):
        lines.append(_("する人: %(role)s") % {"role": role})
    if until := content.get("until_on"):
        on = date.fromisoformat(until)
        day = f"{on.month}月{on.day}日"  # no sentence
        lines.append(_("%(day)sまで") % {"day": day})
    if "is_done" in content:
        lines.append(_("できた") if content["is_done"] else _("できなかった"))
    if place := content.get("organisation"):
        lines.append(place)
    return lines


def open_steps(notes: list[tuple[ProtectiveNote, Any]]) -> list[tuple[ProtectiveNote, Any, bool]]:
    """[(step, its content, whether its day is over)] of opened notes: those not done, soonest first."""
    done = {
        content["step"] for _note, content in notes
        if isinstance(content, dict) and content.get("is_done") and "step" in content
    }  # fmt: skip
    found = [
        (note, content, content["until_on"] < today().strftime(DAY))
        for note, content in notes
        if note.kind == ProtectiveNoteKind.STEP
        and isinstance(content, dict)
        and str(note.pk) not in done
    ]
    return sorted(found, key=lambda one: one[1]["until_on"])
