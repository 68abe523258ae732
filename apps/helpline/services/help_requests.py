"""A student's help requests: send, cancel, read the status and replies."""

from django.db import transaction

from apps.audit.models import Action
from apps.core import clock
from apps.core.clock import wake_worker
from apps.helpline import duty_hours
from apps.helpline import words as wording
from apps.helpline.models import (
    AnswerWay,
    DutyPerson,
    EscalationStepState,
    HelpRequest,
    HelpState,
    Topic,
    WantedRole,
)
from apps.helpline.services import readers
from apps.helpline.services.escalation_plan import plan_step, skip_pending_step
from apps.helpline.services.escalation_subjects import RequestSubject
from apps.helpline.services.recipients import recipients_of
from apps.helpline.services.transitions import (
    KEPT_WORDS_LIMIT,
    WORDS_LIMIT,
    CannotChangeRequest,
    HelplineNotOpen,
    change_state,
    checked_words,
    lock_request,
    record_request_event,
    save_sealed,
)
from apps.people.models import Student, User
from apps.people.permissions import role_of
from apps.vault.services.sealed_content import open_own

EARLIER_SHOWN = 5
MAX_UNSEEN_WITHOUT_PIN = 2
MAX_UNSEEN = 5  # unopened requests of one student; those are being escalated already


@transaction.atomic
def send_help_request(
    *, student, wanted, form_key, topic="", words="", person=None, opened_at=None,
    keeps_out=False, kept_words="", answer_way=AnswerWay.HERE, friend_name="", without_pin=False,
    handed_over_by=None,
):  # fmt: skip
    """Store a help request and return it; the same form sent twice is one request.

    ``wanted`` is a WantedRole, ``topic`` a Topic or "", ``person`` the id of a listed DutyPerson
    where LISTED is wanted; ``opened_at``: when the page was opened, if the request waited on a
    tablet: it was written while the school took requests, so it is stored even if that has ended
    meanwhile. ``keeps_out`` and ``kept_words`` as in ``recipients_of``, whose exceptions it raises
    too; ``friend_name`` is kept among the words, and looked up nowhere. ``without_pin``: by who
    holds the card. ``handed_over_by``: the person of the helpdesk who passes on what the student wrote
    to them. Raises ValueError for another role or topic, CannotChangeRequest for too many
    words, or where too many requests are still unopened.
    """
    content = {"wanted": WantedRole(wanted).value, "topic": topic and Topic(topic).value}
    content["words"] = checked_words(words, WORDS_LIMIT)
    kept_words = checked_words(kept_words, KEPT_WORDS_LIMIT)
    friend_name = checked_words(friend_name, KEPT_WORDS_LIMIT)
    # Two first requests at once would both create the key: so lock the student's row.
    student = Student.objects.select_for_update(no_key=True).get(pk=student.pk)
    earlier = HelpRequest.objects.filter(student=student, form_key=form_key).first()
    if earlier:
        return earlier
    found = recipients_of(
        student, wanted, topic=topic, person=person, keeps_out=keeps_out, kept_words=kept_words,
        may_be_late=opened_at is not None,
    )  # fmt: skip
    _check_not_too_many(student, without_pin)
    if wanted == WantedRole.LISTED:
        content["person"] = str(DutyPerson.objects.get(pk=person))
    if kept_words:
        content["kept_words"] = kept_words
    if friend_name:
        content["friend"] = friend_name
    request = HelpRequest(
        form_key=form_key, chosen_id=found.chosen_id, opened_at=opened_at,
        is_protected=found.is_protected, is_for_city=found.is_for_city, without_pin=without_pin,
        answer_way=AnswerWay(answer_way),
    )  # fmt: skip
    request = save_sealed(request, student, content)
    _start_escalation(request, found, handed_over_by)
    return request


def _check_not_too_many(student, without_pin):
    """Those sent with the card alone are counted apart: nobody fills up the student's own."""
    waiting = HelpRequest.objects.waiting().filter(student=student, without_pin=without_pin)
    if waiting.count() >= (MAX_UNSEEN_WITHOUT_PIN if without_pin else MAX_UNSEEN):
        raise CannotChangeRequest(
            wording.NOT_NOW_WITHOUT_PIN if without_pin else wording.TOO_MANY_WAITING
        )


def _start_escalation(request, found, handed_over_by):
    readers.keep_out(request, found.kept_ids)
    for user in User.objects.filter(pk__in=found.reader_ids):
        readers.add_reader(request, user)
    record_request_event(Action.HELP_REQUESTED, request, **_sender_of(request, handed_over_by))
    try:
        plan_step(RequestSubject(request), 1, found.plan.week, found.plan.waits)
    except duty_hours.NoDutyHours as error:
        raise HelplineNotOpen(wording.NOT_OPEN) from error
    wake_worker("helpline.escalate")


def _sender_of(request, handed_over_by):
    """Nobody is recorded as the sender of what came with a card alone."""
    if handed_over_by is not None:
        role = role_of(handed_over_by, request.student)
        return {"actor": handed_over_by, "role": role, "fields": ["handed_over"]}
    if request.without_pin:
        return {"fields": ["without_pin"]}
    return {"actor": request.student.user, "role": "student"}


@transaction.atomic
def cancel_help_request(request, *, by):
    """Cancel as the student; twice is once. Raises CannotChangeRequest after a reply."""
    request = lock_request(request)
    if request.student.has_unconfirmed_pin:
        raise CannotChangeRequest(wording.PIN_NOT_CONFIRMED)
    if request.state == HelpState.CANCELLED:
        return request
    change_state(request, HelpState.CANCELLED)
    skip_pending_step(request)
    readers.end_reading(request)
    record_request_event(Action.HELP_CANCELLED, request, actor=by, role="student")
    return request


def requests_of(student):
    """What the student's own pages show, newest first; after a PIN reset by staff only later ones.

    One from a page opened before the reset counts as written before it.
    """
    return _own_requests(student).filter(hidden_at=None)


def hidden_requests_of(student):
    """The same of what the student has hidden from their own pages."""
    return _own_requests(student).exclude(hidden_at=None)


@transaction.atomic
def set_hidden(request, *, is_hidden):
    """Hide a request from the student's own pages, or show it again; readers notice nothing."""
    request = lock_request(request)
    request.hidden_at = clock.now() if is_hidden else None
    request.save(update_fields=["hidden_at"])
    return request


def _own_requests(student):
    own_requests = HelpRequest.objects.filter(student=student).order_by("-sent_at")
    closed = student.closed_before
    if closed is None:
        return own_requests
    return own_requests.filter(sent_at__gt=closed).exclude(opened_at__lte=closed)


def latest_request(student):
    """The student's latest request, or None."""
    return requests_of(student).first()


def escalation_progress(request):
    """(steps done, the pending step or None) of an unopened request."""
    steps = list(request.steps.prefetch_related("calls"))
    done = [step for step in steps if step.state == EscalationStepState.DONE]
    return done, next((step for step in steps if step.state == EscalationStepState.PENDING), None)


def open_replies(request, *, student):
    """[(HelpReply, text)] for the student's own page, oldest first."""
    replies = list(request.replies.all())
    return list(zip(replies, open_own(replies, student=student), strict=True))
