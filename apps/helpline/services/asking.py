"""The student: asking to talk, taking it back, and reading what became of it."""

from django.db import transaction

from apps.audit.models import Action
from apps.core.clock import nudge
from apps.helpline import hours, wording
from apps.helpline.models import HelpRequest, HelpState, StepState, Topic, WantedRole
from apps.helpline.services import duty as duties
from apps.helpline.services.moves import (
    WORDS_LIMIT,
    CannotMove,
    NotOpen,
    entrust,
    locked,
    move,
    note_down,
    seal,
    short,
    take_back_trust,
)
from apps.helpline.services.planning import plan, stop
from apps.people.models import Student, User
from apps.vault.services import open_own

NOT_OPEN = "この ｜学校《がっこう》では、まだ ここから ｜送《おく》れません。"
SHOWN_EARLIER = 5
UNSEEN_AT_MOST = 5  # more would only bury the staff; those sent are being climbed for


@transaction.atomic
def ask(*, student, wanted, form_key, topic="", words="", person=None, opened_at=None):
    """Keep a wish to talk and return the HelpRequest; the same form sent twice is one request.

    ``wanted`` is a WantedRole, ``topic`` a Topic or "", ``person`` the id of a listed DutyPerson
    where LISTED is wanted; ``opened_at``: when a page was opened on which it waited on a tablet: it
    was written while the school took requests, so it is kept even if that has stopped meanwhile. Raises NotOpen where nobody would look, ValueError for another role or
    topic, CannotMove for too many words, a person who is
    not listed, or where UNSEEN_AT_MOST wishes already wait to be seen.
    """
    content = {"wanted": WantedRole(wanted).value, "topic": topic and Topic(topic).value}
    content["words"] = short(words, WORDS_LIMIT)
    # Two first requests at once would both make the key: the student's row is the gate.
    student = Student.objects.select_for_update(no_key=True).get(pk=student.pk)
    earlier = HelpRequest.objects.filter(student=student, form_key=form_key).first()
    if earlier:
        return earlier
    roster = duties.duty_of(student.school_id)
    if roster is None and opened_at is not None:
        roster = duties.roster_of(student.school_id)
    if roster is None:
        raise NotOpen(NOT_OPEN)
    if HelpRequest.objects.waiting().filter(student=student).count() >= UNSEEN_AT_MOST:
        raise CannotMove(wording.ENOUGH)
    chosen = duties.chosen_by(roster, student, wanted, person)
    if wanted == WantedRole.LISTED:
        content["person"] = str(roster.people.get(pk=person))
    request = HelpRequest(form_key=form_key, chosen_id=chosen, opened_at=opened_at)
    request = seal(request, student, content)
    _begin(request, roster)
    return request


def _begin(request, roster):
    if request.chosen_id:
        entrust(request, User.objects.get(pk=request.chosen_id))
    note_down(Action.HELP_REQUESTED, request, actor=request.student.user, role="student")
    try:
        plan(request, 1, duties.week_of(roster), duties.waits_of(roster))
    except hours.NeverOpen as error:
        raise NotOpen(NOT_OPEN) from error
    nudge("helpline.escalate")


@transaction.atomic
def cancel(request, *, by):
    """The student takes the wish back; twice is once. Raises CannotMove after a reply."""
    request = locked(request)
    if request.student.waits_for_proof:
        raise CannotMove(wording.NOT_PROVED)
    if request.state == HelpState.CANCELLED:
        return request
    move(request, HelpState.CANCELLED)
    stop(request)
    take_back_trust(request)
    note_down(Action.HELP_CANCELLED, request, actor=by, role="student")
    return request


def sent_by(student):
    """The student's own requests, newest first; after a reset of the PIN by staff those since.

    One that waited on a page from before it may have been written before it.
    """
    mine = HelpRequest.objects.filter(student=student).order_by("-sent_at")
    closed = student.closed_before
    if closed is None:
        return mine
    return mine.filter(sent_at__gt=closed).exclude(opened_at__lte=closed)


def latest_for(student):
    """The student's latest request, or None."""
    return sent_by(student).first()


def next_call(request):
    """(steps done, the step that waits or None) of a request nobody has looked at."""
    steps = list(request.steps.prefetch_related("calls"))
    done = [step for step in steps if step.state == StepState.DONE]
    return done, next((step for step in steps if step.state == StepState.PENDING), None)


def replies_to(request, *, student):
    """[(HelpReply, words)] for the student's own page, oldest first."""
    replies = list(request.replies.all())
    return list(zip(replies, open_own(replies, student=student), strict=True))
