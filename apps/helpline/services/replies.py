"""Staff work on help requests: open, reply, close with a note."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.core import clock
from apps.helpline import escalation_rules
from apps.helpline.models import (
    UNSEEN_FIRST_ORDER,
    AnswerWay,
    Call,
    HelpNote,
    HelpReply,
    HelpRequest,
    HelpState,
)
from apps.helpline.services import readers, talk, transitions
from apps.helpline.services.calling_plans import plan_of_request
from apps.helpline.services.escalation_plan import skip_pending_step
from apps.helpline.services.transitions import (
    REPLY_LIMIT,
    CannotChangeRequest,
    RequestChangedMeanwhile,
    change_state,
    checked_words,
    lock_request,
    record_request_event,
    save_sealed,
)
from apps.people.admin_bases.edit_conflicts import staff_name
from apps.push.services.broadcasts import send_to_users
from apps.vault.services.sealed_content import open_sealed

PUSH_VALID_FOR = timedelta(days=1)
ANSWER_IN_PERSON = (
    "生徒は、人から直接聞くことをえらびました。書いた返事は送れません。会って話したあと、"
    "どうしたかを書いて、おわりにしてください。"
)
CHOSEN_HAS_NOT_SEEN = (
    "生徒がえらんだ人が、まだ見ていません。その人が見るまで、おわりにはできません。"
)
STUDENT_WROTE = (
    "書いているあいだに、生徒がまた書きました。まだ送っていません。"
    "上に出ているものを読んでから、送るかどうかを決めてください。"
)
RECENTLY_OPENED = timedelta(minutes=15)  # how long an opened page counts as open


def requests_waiting_for(user):
    """The unopened requests this person may open, the longest waiting first."""
    return HelpRequest.objects.waiting().visible_to(user)


def open_requests_for(user):
    """The HelpRequests without a reply, unopened ones first; then those written in again.

    Without content.
    """
    readable = HelpRequest.objects.visible_to(user).select_related("student__home_class")
    rows = readable.open().order_by(*UNSEEN_FIRST_ORDER).prefetch_related("steps")
    again = readable.written_again().exclude(state__in=[HelpState.SENT, HelpState.SEEN])
    return [*rows, *again.prefetch_related("steps")]


def steps_with_calls(owner):
    """The steps of a request or drill with their calls, in order."""
    return owner.steps.prefetch_related("calls__person__staff_posts").order_by("number")


@transaction.atomic
def open_request(request, *, actor, reason):
    """Open a request for staff: (content or None, [(HelpReply, text)]); the student sees which role.

    Leaves the audit row; the first whom the student chose also moves it to SEEN and ends escalation.
    Raises PermissionDenied for who may not open it, ValueError without a reason.
    """
    request = lock_request(request)
    _check(request, actor)
    replies = list(request.replies.select_related("student"))
    (content,) = open_sealed([request], actor=actor, reason=reason)
    words = open_sealed(replies, actor=actor, reason=reason) if replies else []
    _mark_opened(request, actor)
    Call.objects.filter(step__request=request, person=actor, looked_at=None).update(
        looked_at=clock.now()
    )
    return content, list(zip(replies, words, strict=True))


def open_notes(request, *, actor, reason):
    """[(HelpNote, text)] of a request, oldest first; opening them is audited."""
    notes = list(request.notes.select_related("student"))
    words = open_sealed(notes, actor=actor, reason=reason) if notes else []
    return list(zip(notes, words, strict=True))


@transaction.atomic
def send_reply(
    request, *, actor, words, form_key, seen=None, meet_on=None, meet_at=None, meet_place=""
):
    """Append an encrypted reply and return it; the same form sent twice is one reply.

    ``meet_on``, ``meet_at`` and ``meet_place`` propose when and where to talk. ``seen`` is ``written_so_far`` as on the sender's page. Raises RequestChangedMeanwhile where
    somebody else has written since, CannotChangeRequest without words or for a cancelled or closed
    request.
    """
    request = lock_request(request)
    _check(request, actor)
    if earlier := request.replies.filter(form_key=form_key).first():
        return earlier
    if request.answer_way == AnswerWay.PERSON:
        raise CannotChangeRequest(ANSWER_IN_PERSON)
    content = {"words": _checked(request, actor, words, seen, "返事の 言葉を 書いて ください。")}
    if meeting := talk.meeting_of(meet_on, meet_at, meet_place):
        content["meeting"] = meeting
    _mark_answered(request)
    role = readers.role_in(request, actor)
    reply = HelpReply(request=request, form_key=form_key, replied_by=actor, replied_role=role)
    save_sealed(reply, request.student, content)
    record_request_event(Action.HELP_ANSWERED, request, actor=actor, role=role)
    _tell_student(request, reply)
    return reply


@transaction.atomic
def close_request(request, *, actor, words, form_key, seen=None):
    """Close a request with an encrypted note of what was done; the same form twice is one note.

    ``seen`` as in ``send_reply``. Raises RequestChangedMeanwhile where somebody else has written
    since, CannotChangeRequest without a note, or where the student has cancelled it.
    """
    request = lock_request(request)
    _check(request, actor)
    if earlier := request.notes.filter(form_key=form_key).first():
        return earlier
    empty = "どうしたかを書いてください。書かずに おわりには できません。"
    words = _checked(request, actor, words, seen, empty)
    if request.state == HelpState.SENT:
        raise CannotChangeRequest(CHOSEN_HAS_NOT_SEEN)
    role = readers.role_in(request, actor)
    note = HelpNote(request=request, form_key=form_key, noted_by=actor, noted_role=role)
    request.closing_note = save_sealed(note, request.student, {"words": words})
    change_state(request, HelpState.CLOSED)
    readers.end_reading(request)
    record_request_event(Action.HELP_CLOSED, request, actor=actor, role=role)
    return note


def _checked(request, actor, words, seen, empty):
    """What may be kept of the words written about a locked request, which is then seen."""
    words = checked_words(words, REPLY_LIMIT)
    if not words:
        raise CannotChangeRequest(empty)
    _check_seen(request, seen, actor)
    _mark_opened(request, actor)
    return words


def written_so_far(request):
    """A short text for what has been written about a request: "replies-notes-messages"."""
    parts = (request.replies, request.notes, request.messages)
    return "-".join(str(part.count()) for part in parts)


def opened_by_others(request, *, but):
    """[(user, time)] of colleagues who opened this request in the last minutes, latest first."""
    since = clock.now() - RECENTLY_OPENED
    events = (
        AuditEvent.objects.about(request.student_id)
        .since(since)
        .filter(action=Action.SEALED_OPENED, thing=request._meta.label, thing_id=request.pk)
    )
    latest = {}
    for event in events.exclude(actor=None).exclude(actor=but).select_related("actor"):
        latest.setdefault(event.actor_id, (event.actor, event.at))
    return list(latest.values())


def _check_seen(request, seen, actor):
    """Raise if something was written since ``seen``; None: the caller has no page."""
    if seen is None or (seen or "0-0-0") == written_so_far(request):
        return
    if seen and seen.rpartition("-")[0] == written_so_far(request).rpartition("-")[0]:
        raise RequestChangedMeanwhile(STUDENT_WROTE)
    writers = [reply.replied_by for reply in request.replies.select_related("replied_by")]
    writers += [note.noted_by for note in request.notes.select_related("noted_by")]
    names = "・".join(dict.fromkeys(staff_name(user) for user in writers if user != actor))
    raise RequestChangedMeanwhile(
        f"書いているあいだに、{names or 'ほかの画面'}から返事か記録が入りました。まだ送っていません。"
        "上に出ているものを読んでから、送るかどうかを決めてください。"
    )


def possible_ends(request):
    """The states to which staff may move a request now; a reply is possible before the chosen
    person has seen it, an end is not.
    """
    able = transitions.TRANSITIONS[HelpState(request.state)]
    if request.state == HelpState.SENT:
        able = able | {HelpState.ANSWERED}
    return able - {HelpState.ANSWERED} if request.answer_way == AnswerWay.PERSON else able


def _check(request, actor):
    if not HelpRequest.objects.filter(pk=request.pk).visible_to(actor).exists():
        raise PermissionDenied("この 相談に 答える 立場では ありません。")


def _mark_opened(request, actor):
    """Note that this reader has opened it; whom the student chose thereby ends the calls."""
    role = readers.role_in(request, actor)
    is_first_time = readers.mark_opened(request, actor)
    is_unread = request.state == HelpState.SENT or request.wrote_at is not None
    is_chosen = is_unread and readers.ends_calls(request, actor, _able(request))
    talk.note_read(request, actor, is_chosen=is_chosen)
    if request.state == HelpState.SENT and is_chosen:
        request.seen_role, request.seen_by = role, actor
        change_state(request, HelpState.SEEN)
        skip_pending_step(request)
        is_first_time = True
    if is_first_time:
        record_request_event(Action.HELP_SEEN, request, actor=actor, role=role)


def _able(request):
    """The ids of who can be called about it today."""
    try:
        return plan_of_request(request).contacts.able
    except escalation_rules.NobodyToCall:
        return frozenset()


def _mark_answered(request):
    """A reply of somebody whom the student did not choose leaves the calls going on."""
    if request.state == HelpState.SENT:
        request.answered_at = clock.now()
        request.save(update_fields=["answered_at"])
    else:
        change_state(request, HelpState.ANSWERED)


def _tell_student(request, reply):
    """Send the student a push message without content, where the student chose to read it here.

    A lock screen shows neither who nor what, and the page it opens asks for the PIN first.
    """
    if request.student.user_id and request.answer_way == AnswerWay.HERE:
        send_to_users(
            [request.student.user_id],
            topic=reply.pk.hex,
            path=reverse("helpline:reply"),
            expires_at=clock.now() + PUSH_VALID_FOR,
            municipality_id=request.municipality_id,
        )
