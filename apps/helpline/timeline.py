"""The timeline of a help request for the student: what happened when, and what happens next."""

from dataclasses import dataclass

from apps.consent.words import ROLE_NAMES, UNKNOWN_ROLE
from apps.core.templatetags.japanese import moment, reading
from apps.helpline import words as wording
from apps.helpline.models import HelpState
from apps.helpline.services import help_requests, transitions
from apps.vault.words import why_unreadable

SHOWN_STEPS = 4  # later steps call everybody again and again: one line is enough


@dataclass(frozen=True)
class HelpRequestTimeline:
    """``head`` is the heading, ``lines`` what happened [(sentence, time)], ``ahead`` what
    happens next, ``replies`` [(who, time, content, why it cannot be read)]. Sentences carry ruby."""

    head: str
    lines: list
    ahead: list
    replies: list
    may_cancel: bool


def timeline_of(wish, student, *, is_halted=False, reads=True):
    """The HelpRequestTimeline of a student's request; ``is_halted``: nobody is called automatically now.

    ``reads`` False: the PIN was not typed lately; replies are mentioned but not opened.
    """
    done, waits = help_requests.escalation_progress(wish)
    replies = _opened(wish, student) if reads else _unopened(wish)
    return HelpRequestTimeline(
        head=_head(wish, [] if is_halted else done, replies),
        lines=[
            *_call_lines(wish, done),
            *_seen_lines(wish),
            *_answered(replies),
            *_end_lines(wish),
        ],
        ahead=_next_lines(waits) if _is_escalating(wish, done, waits) and not is_halted else [],
        replies=replies,
        may_cancel=HelpState.CANCELLED in transitions.TRANSITIONS[wish.state],
    )


def _opened(wish, student):
    return [
        (role_in_words(reply.replied_role), reply.replied_at, content, why_unreadable(content, 1))
        for reply, content in help_requests.open_replies(wish, student=student)
    ]


def _unopened(wish):
    told = wish.replies.all()
    return [(role_in_words(reply.replied_role), reply.replied_at, None, "") for reply in told]


def role_in_words(role):
    """A role in words for students; never a name."""
    return ROLE_NAMES.get(str(role), UNKNOWN_ROLE)[1]


def _head(wish, done, replies):
    if wish.state == HelpState.CANCELLED:
        return wording.HEADS["cancelled"]
    if replies:
        return wording.HEADS["answered"]
    if wish.seen_at:
        return f"{wording.SEEN.format(who=role_in_words(wish.seen_role))}。"
    return wording.UNSEEN + wording.OTHERS_CALLED if len(done) > 1 else f"{wording.SENT}。"


def _is_escalating(wish, done, waits):
    return wish.state == HelpState.SENT and done and waits


def _call_lines(wish, done):
    yield wording.SENT, wish.sent_at
    for step in done[:SHOWN_STEPS]:
        roles = dict.fromkeys(role_in_words(call.role) for call in step.calls.all())
        yield wording.CALLED.format(who="と ".join(roles)), step.done_at


def _seen_lines(wish):
    if wish.seen_at:
        yield wording.SEEN.format(who=role_in_words(wish.seen_role)), wish.seen_at


def _answered(replies):
    for who, at, *_ in replies:
        yield wording.ANSWERED.format(who=who), at


def _end_lines(wish):
    if wish.state == HelpState.CLOSED:
        yield wording.CLOSED, wish.closed_at
    if wish.state == HelpState.CANCELLED:
        yield wording.CANCELLED, None


def _next_lines(step):
    words = wording.NEXT if step.number < SHOWN_STEPS else wording.AGAIN
    return [words.format(at=reading(moment(step.due_at)))]
