"""What a student writes back in a talk: an answer to a proposed meeting, or more words."""

from datetime import date, datetime, time
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy

from apps.audit.models import Action
from apps.core import clock
from apps.core.clock import JST, today
from apps.helpline import words as wording
from apps.helpline.models import (
    HelpMessage,
    HelpReply,
    HelpRequest,
    HelpState,
    MeetingAnswer,
)
from apps.helpline.services.transitions import (
    WORDS_LIMIT,
    CannotChangeRequest,
    checked_words,
    lock_request,
    record_request_event,
    save_sealed,
)
from apps.people.models import Student, User
from apps.vault.services.sealed_content import open_own, open_sealed

PLACE_LIMIT = 40
MAX_UNREAD = 5  # messages of a student that no reply follows
MEETING_IS_PAST = gettext_lazy("話す時間は、これからの時間にしてください。")
MEETING_IS_HALF = gettext_lazy("話す時間を決めるときは、日・時間・場所をすべて書いてください。")
TALKING = (HelpState.SENT, HelpState.SEEN, HelpState.ANSWERED)


class Meeting(NamedTuple):
    """A time and place that a reply proposes."""

    at: datetime
    place: str


def meeting_of(on: date | None, at: time | None, place: str) -> dict[str, str]:
    """A proposed meeting as a reply keeps it; {} for none.

    Raises CannotChangeRequest for half of one, for a time that is over, and for a place of more
    than ``PLACE_LIMIT`` characters.
    """
    place = checked_words(place, PLACE_LIMIT)
    if not (on or at or place):
        return {}
    if not (on and at and place):
        raise CannotChangeRequest(MEETING_IS_HALF)
    when = datetime.combine(on, at, JST)
    if on < today() or when <= clock.now():
        raise CannotChangeRequest(MEETING_IS_PAST)
    return {"at": when.isoformat(), "place": place}


def meeting_in(content: dict[str, Any] | None) -> Meeting | None:
    """The meeting that the content of a reply proposes, or None."""
    found = (content or {}).get("meeting")
    return Meeting(datetime.fromisoformat(found["at"]), found["place"]) if found else None


def may_write_back(request: HelpRequest) -> bool:
    """Whether the student may write in this talk: after a reply, until its end."""
    return request.state in TALKING and request.replies.exists()


@transaction.atomic
def write_back(
    request: HelpRequest, *, student: Student, form_key: UUID, words: str = "",
    answer: str = "", reply: HelpReply | None = None,
) -> HelpMessage:  # fmt: skip
    """Append what the student writes, and return it; the same form sent twice is one message.

    ``answer`` (a MeetingAnswer) is to the meeting that ``reply`` proposes, once. Who may read the
    request finds it unread. Raises CannotChangeRequest for a talk that is over or has no reply,
    without words and answer, or where too many are unread; ValueError for another answer.
    """
    request = lock_request(request)
    if earlier := request.messages.filter(form_key=form_key).first():
        return earlier
    if reply is not None and (given := HelpMessage.objects.filter(answers=reply).first()):
        return given
    if not may_write_back(request):
        raise CannotChangeRequest(wording.TALK_IS_OVER)
    if _n_unread(request) >= MAX_UNREAD:
        raise CannotChangeRequest(wording.TOO_MANY_MESSAGES)
    content = {"words": checked_words(words, WORDS_LIMIT)}
    if reply is not None:
        content["answer"] = MeetingAnswer(answer).value
    elif not content["words"]:
        raise CannotChangeRequest(wording.WRITE_SOMETHING)
    message = HelpMessage(request=request, form_key=form_key, answers=reply)
    save_sealed(message, student, content)
    request.wrote_at = clock.now()
    request.save(update_fields=["wrote_at"])
    record_request_event(Action.HELP_WRITTEN, request, actor=student.user, role="student")
    return message


def note_read(request: HelpRequest, actor: User, *, is_chosen: bool) -> None:
    """Note that what the student wrote is read: by whom they chose, or by who has replied."""
    if request.wrote_at is None:
        return
    if is_chosen or request.replies.filter(replied_by=actor).exists():
        request.wrote_at = None
        request.save(update_fields=["wrote_at"])


def open_messages(request: HelpRequest, *, actor: User, reason: str) -> list[tuple]:
    """[(HelpMessage, content or None)] of a request for staff, oldest first; that is audited."""
    messages = list(request.messages.select_related("student"))
    contents = open_sealed(messages, actor=actor, reason=reason) if messages else []
    return list(zip(messages, contents, strict=True))


def own_messages(request: HelpRequest, *, student: Student) -> list[tuple]:
    """[(HelpMessage, content or None)] of a request for the student's own page, oldest first."""
    messages = list(request.messages.all())
    return list(zip(messages, open_own(messages, student=student), strict=True))


def _n_unread(request: HelpRequest) -> int:
    latest = request.replies.order_by("-replied_at").values_list("replied_at", flat=True).first()
    return request.messages.filter(sent_at__gt=latest).count() if latest else 0
