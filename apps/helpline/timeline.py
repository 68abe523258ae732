"""The timeline of a help request for the student: what happened when, and what happens next."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.consent.words import STUDENT, role_name
from apps.core.templatetags.japanese import moment, reading
from apps.helpline import words
from apps.helpline.models import HelpState
from apps.helpline.services import help_requests, readers, talk, transitions
from apps.helpline.services.talk import Meeting
from apps.vault.words import why_unreadable

SHOWN_STEPS = 4  # later steps call everybody again and again: one line is enough


@dataclass(frozen=True)
class TalkEntry:
    """A reply, or what the student wrote back (``is_own``); ``content`` None: not readable now.

    ``meeting`` is a proposed Meeting, ``answer`` what the student answered to it, in words.
    """

    who: str
    at: datetime
    content: dict | None
    unreadable: str = ""
    is_own: bool = False
    pk: UUID | None = None
    meeting: Meeting | None = None
    answer: str = ""
    is_answered: bool = False


@dataclass(frozen=True)
class HelpRequestTimeline:
    """``head`` is the heading, ``lines`` what happened [(sentence, time)], ``ahead`` what
    happens next, ``talk`` the TalkEntries of both sides. Sentences carry ruby."""

    state: str
    head: str
    lines: list
    ahead: list
    talk: list
    may_cancel: bool
    is_seen: bool = False


def timeline_of(help_request, student, *, is_halted=False, reads=True):
    """The HelpRequestTimeline of a student's request; ``is_halted``: nobody is called automatically now.

    ``reads`` False: the PIN was not typed lately; it is the timeline as if nobody had replied.
    """
    done, waits = help_requests.escalation_progress(help_request)
    replies = _opened(help_request, student) if reads else []
    state = shown_state(help_request, reads=reads)
    return HelpRequestTimeline(
        state=state,
        head=_head(help_request, [] if is_halted else done, replies),
        lines=[
            *_call_lines(help_request, done),
            *_seen_lines(help_request),
            *_answered(replies),
            *_end_lines(help_request),
        ],
        ahead=_next_lines(waits)
        if _is_escalating(help_request, done, waits) and not is_halted
        else [],
        talk=sorted([*replies, *_own(help_request, student, reads)], key=lambda entry: entry.at),
        is_seen=bool(readers.seen_by(help_request)),
        may_cancel=HelpState.CANCELLED in transitions.TRANSITIONS[state],
    )


def shown_state(help_request, *, reads):
    """How far a request has come; without the PIN that it was seen, never that it was answered."""
    is_answered = help_request.state == HelpState.ANSWERED
    return HelpState.SEEN if is_answered and not reads else HelpState(help_request.state)


def _opened(help_request, student):
    answered = set(help_request.messages.values_list("answers", flat=True))
    return [
        TalkEntry(
            _writer(help_request, reply), reply.replied_at, content, why_unreadable(content),
            pk=reply.pk, meeting=talk.meeting_in(content), is_answered=reply.pk in answered,
        )
        for reply, content in help_requests.open_replies(help_request, student=student)
    ]  # fmt: skip


def _own(help_request, student, reads):
    """What the student wrote back; nothing of it before the PIN."""
    if not reads:
        return []
    return [
        TalkEntry(
            "", message.sent_at, content, why_unreadable(content), is_own=True,
            answer=words.TALK_ANSWERS.get((content or {}).get("answer"), ""),
        )
        for message, content in talk.own_messages(help_request, student=student)
    ]  # fmt: skip


def _writer(help_request, reply):
    return _who(help_request, reply.replied_by_id, reply.replied_role)


def _who(help_request, person_id, role):
    """The role in words for the student; the people of the city's route are outside the school."""
    is_outside = help_request.is_protected and person_id != help_request.chosen_id
    if is_outside or help_request.is_for_city:
        return str(words.OUTSIDE_ROLE)
    return role_in_words(role)


def role_in_words(role):
    """A role in words for students; never a name."""
    return role_name(role, STUDENT)


def _head(help_request, done, replies):
    if help_request.state == HelpState.CANCELLED:
        return words.HEADS["cancelled"]
    if replies:
        return words.HEADS["answered"]
    if help_request.seen_at:
        who = _who(help_request, help_request.seen_by_id, help_request.seen_role)
        return words.SEEN_HEADING.format(who=who)
    if readers.seen_by(help_request):
        return words.UNSEEN_BY_CHOSEN
    return words.UNSEEN_BY_FIRST if len(done) > 1 else words.SENT_HEADING


def _is_escalating(help_request, done, waits):
    return help_request.state == HelpState.SENT and done and waits


def _call_lines(help_request, done):
    yield words.SENT, help_request.sent_at
    for step in done[:SHOWN_STEPS]:
        roles = dict.fromkeys(
            _who(help_request, call.person_id, call.role) for call in step.calls.all()
        )
        yield words.CALLED.format(who=words.all_roles(roles)), step.done_at


def _seen_lines(help_request):
    for reader in readers.seen_by(help_request):
        yield (
            words.SEEN.format(who=_who(help_request, reader.person_id, reader.role)),
            reader.opened_at,
        )


def _answered(replies):
    for reply in replies:
        yield words.ANSWERED.format(who=reply.who), reply.at


def _end_lines(help_request):
    if help_request.state == HelpState.CLOSED:
        yield words.CLOSED, help_request.closed_at
    if help_request.state == HelpState.CANCELLED:
        yield words.CANCELLED, None


def _next_lines(step):
    text = words.NEXT if step.number < SHOWN_STEPS else words.AGAIN
    return [text.format(at=reading(moment(step.due_at)))]
