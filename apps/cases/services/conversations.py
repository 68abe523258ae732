"""Confirms with the student and the guardians how things are, and keeps the student's own wish."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.audit.models import Action
from apps.cases.models import Conversation, ConversationTopic, Partner, SupportCase, TopicState
from apps.cases.services.case_writing import CannotChangeCase, checked_words, write_note
from apps.core.clock import today
from apps.people.models import Guardianship, User
from apps.people.permission_tables import CARING_ROLES
from apps.people.permissions import role_of

WISH_LIMIT = 500


@transaction.atomic
def add_conversation(
    case: SupportCase, *, actor: User, partner: str, spoken_on: date, topics: Mapping[str, str],
    wants: str = "", not_known: str = "", words: str = "", guardianship: Guardianship | None = None,
    kept_from: Collection[str] = (), form_key: UUID, seen: str | None = None,
) -> Conversation:  # fmt: skip
    """Append what was confirmed in one conversation; an earlier one is never changed.

    ``kept_from``: roles for which it does not exist. Raises CannotChangeCase for a day in the
    future, where nothing was confirmed or said, for a guardian who is kept out or unknown here, and
    for the own role.
    """
    partner = Partner(partner)
    states = {ConversationTopic(name): TopicState(state) for name, state in topics.items()}
    said = {name: _optional(text) for name, text in (("wants", wants), ("not_known", not_known))}
    if spoken_on > today():
        raise CannotChangeCase(_("話した日は、きょうより後にできません。"))
    is_empty = set(states.values()) <= {TopicState.NOT_YET}
    if is_empty and not any(said.values()) and not words.strip():
        raise CannotChangeCase(_("確かめたことを選ぶか、聞いたことを書いてください。"))
    if not set(kept_from) <= CARING_ROLES or role_of(actor, case.student) in kept_from:
        raise CannotChangeCase(_("自分の立場は選べません。"))
    content: dict[str, Any] = {
        "on": spoken_on.isoformat(),
        "topics": {name.value: state.value for name, state in states.items()},
        **said,
        **_guardian(case, partner, guardianship),
    }
    return write_note(
        Conversation, case, actor=actor, what="note", action=Action.CONVERSATION_HELD,
        words=words if words.strip() else None, content=content, form_key=form_key, seen=seen,
        partner=partner, kept_from=sorted(kept_from),
    )  # fmt: skip


def _optional(text: str) -> str:
    return checked_words(text, WISH_LIMIT) if text.strip() else ""


def _guardian(
    case: SupportCase, partner: Partner, guardianship: Guardianship | None
) -> dict[str, str]:
    """Who it was, asked again at the moment of writing."""
    if partner == Partner.STUDENT:
        return {}
    found = guardians_to_talk_with(case)
    chosen = found.filter(pk=guardianship.pk).first() if guardianship else None
    if chosen is None:
        raise CannotChangeCase(_("この保護者は選べません。"))
    return {"guardian": str(chosen.guardian_id), "name": chosen.guardian.full_name}


def guardians_to_talk_with(case: SupportCase) -> QuerySet[Guardianship]:
    """The guardians of the student whom staff may speak to: none who is kept out or unconfirmed."""
    rows = Guardianship.objects.current().filter(student=case.student_id)
    return rows.select_related("guardian").order_by("guardian__family_kana", "began_at")


# -- what is confirmed so far ---------------------------------------------------------------------


@dataclass(frozen=True)
class TopicLine:
    """The latest state of one topic."""

    topic: str
    state: str
    on: date | None


@dataclass(frozen=True)
class Confirmed:
    """What is confirmed with one partner: topics, and the newest wish [(label, text)]."""

    partner: str
    n_conversations: int
    topics: list[TopicLine]
    wishes: list = field(repr=False)


def confirmed_so_far(notes: list) -> list[Confirmed]:
    """Per partner, from [(Conversation, content)] of an opened case."""
    return [
        _confirmed(partner, [n for n in notes if n[0].partner == partner]) for partner in Partner
    ]


def _confirmed(partner: Partner, notes: list) -> Confirmed:
    readable = [content for _row, content in notes if content and "topics" in content]
    newest_first = sorted(readable, key=lambda content: content["on"], reverse=True)
    return Confirmed(
        str(partner.label),
        len(notes),
        [_topic(topic, newest_first) for topic in ConversationTopic],
        _wishes(newest_first),
    )


def _topic(topic: ConversationTopic, contents: list) -> TopicLine:
    for content in contents:
        state = TopicState(content["topics"].get(topic.value, TopicState.NOT_YET))
        if state != TopicState.NOT_YET:
            return TopicLine(str(topic.label), str(state.label), date.fromisoformat(content["on"]))
    return TopicLine(str(topic.label), str(TopicState.NOT_YET.label), None)


def _wishes(contents: list) -> list:
    labels = (("wants", _("してほしいこと")), ("not_known", _("知られたくない人")))
    found = ((label, [c[name] for c in contents if c.get(name)]) for name, label in labels)
    return [(label, texts[0]) for label, texts in found if texts]


def conversation_lines(row: Conversation, content: dict[str, Any]) -> list:
    """The lines [(label, text)] of a conversation in the timeline."""
    if "topics" not in content:
        return [("", content["words"])]
    with_whom = str(Partner(row.partner).label)
    if content.get("name"):
        with_whom += f"({content['name']})"
    on = date.fromisoformat(content["on"])
    lines = [(_("だれと"), f"{with_whom} {on.month}月{on.day}日")]  # no sentence
    for state in TopicState:
        topics = [t.label for t in ConversationTopic if content["topics"].get(t.value) == state]
        if topics:
            lines.append((str(state.label), "・".join(map(str, topics))))  # no sentence
    lines += _wishes([content])
    return [*lines, *([(_("聞いたこと"), content["words"])] if content["words"] else [])]
