"""A wish to talk: sent, seen, answered. Needs no consent; its key is made on demand."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action
from apps.audit.services import record
from apps.helpline import hours
from apps.helpline.models import DutyRoster, HelpReply, HelpRequest, HelpState, Topic, WantedRole
from apps.people.models import Role, Student
from apps.people.permissions import may, may_open, role_of
from apps.push.services import ring
from apps.vault.services import make_key, open_own, open_sealed, writing_key

PURPOSE = "helpline"
WORDS_LIMIT = 200
REPLY_LIMIT = 1000
BELL_LASTS = timedelta(days=1)

MOVES = {
    HelpState.SENT: {HelpState.SEEN, HelpState.CANCELLED},
    HelpState.SEEN: {HelpState.ANSWERED, HelpState.CANCELLED},
    HelpState.ANSWERED: {HelpState.ANSWERED},
    HelpState.CANCELLED: set(),
}


class CannotMove(Exception):
    """The request cannot go there; the message is a sentence for the person."""


class NotOpen(CannotMove):
    """The school has not switched the feature on: nobody would look."""


# -- the student --------------------------------------------------------------------------------


def duty_of(school):
    """The DutyRoster of a school if it is switched on, else None."""
    return DutyRoster.objects.filter(school=school, is_on=True).select_related("first").first()


def watch_of(duty, now=None):
    """The hours.Watch of a roster that is on: who looks now, or when somebody looks next."""
    return hours.watch(now or timezone.now(), duty.opens_at, duty.closes_at)


def watcher_of(duty):
    """The part (people.Role) in which the first contact of a roster looks."""
    post = next((p for p in duty.first.current_posts if p.school_id == duty.school_id), None)
    return Role(post.role) if post else Role.TEACHER


@transaction.atomic
def ask(*, student, wanted, form_key, topic="", words=""):
    """Keep a wish to talk and return the HelpRequest; the same form sent twice is one request.

    ``wanted`` is a WantedRole, ``topic`` a Topic or "". Raises NotOpen where the school has no
    roster switched on, ValueError for another role or topic, CannotMove for too many words.
    """
    content = {"wanted": WantedRole(wanted).value, "topic": topic and Topic(topic).value}
    content["words"] = _short(words, WORDS_LIMIT)
    duty = duty_of(student.school_id)
    if duty is None:
        raise NotOpen("この ｜学校《がっこう》では、まだ ここから ｜送《おく》れません。")
    # Two first requests at once would both make the key: the student's row is the gate.
    student = Student.objects.select_for_update(no_key=True).get(pk=student.pk)
    earlier = HelpRequest.objects.filter(student=student, form_key=form_key).first()
    if earlier:
        return earlier
    request = _seal(HelpRequest(form_key=form_key), student, content)
    _record(Action.HELP_REQUESTED, request, student.user, "student")
    _ring(duty.first_id, request, reverse("admin:helpline_helprequest_changelist"))
    return request


@transaction.atomic
def cancel(request, *, by):
    """The student takes the wish back; twice is once. Raises CannotMove after a reply."""
    request = _locked(request)
    if request.state == HelpState.CANCELLED:
        return request
    _move(request, HelpState.CANCELLED)
    _record(Action.HELP_CANCELLED, request, by, "student")
    return request


def latest_for(student):
    """The student's latest request, or None."""
    return HelpRequest.objects.filter(student=student).order_by("-sent_at").first()


def replies_to(request, *, student):
    """[(HelpReply, words)] for the student's own page, oldest first."""
    replies = list(request.replies.all())
    return list(zip(replies, open_own(replies, student=student), strict=True))


# -- staff --------------------------------------------------------------------------------------


def waiting_for(user):
    """The requests nobody has looked at, of students under this person's care, oldest first."""
    if not may(user, "help.answer"):
        return HelpRequest.objects.none()
    return HelpRequest.objects.waiting().visible_to(user)


@transaction.atomic
def see(request, *, actor, reason):
    """Open a request for staff: (content or None, [(HelpReply, words)]); the student sees who did.

    Leaves the audit row of opening; the first to look also moves it to SEEN. Raises
    PermissionDenied for who may not open it, ValueError without a reason.
    """
    request = _locked(request)
    replies = list(request.replies.select_related("student"))
    (content,) = open_sealed([request], actor=actor, reason=reason)
    words = open_sealed(replies, actor=actor, reason=reason) if replies else []
    if request.state == HelpState.SENT:
        _mark_seen(request, actor)
    return content, list(zip(replies, words, strict=True))


@transaction.atomic
def answer(request, *, actor, words, form_key):
    """Append a sealed reply and return it; the same form sent twice is one reply.

    Raises CannotMove where there is nothing to answer: no words, or taken back.
    """
    request = _locked(request)
    if not may_open(actor, request.student, PURPOSE):
        raise PermissionDenied("この 相談に 答える 立場では ありません。")
    earlier = request.replies.filter(form_key=form_key).first()
    if earlier:
        return earlier
    words = _short(words, REPLY_LIMIT)
    if not words:
        raise CannotMove("返事の 言葉を 書いて ください。")
    if request.state == HelpState.SENT:
        _mark_seen(request, actor)
    _move(request, HelpState.ANSWERED)
    role = role_of(actor, request.student)
    reply = HelpReply(request=request, form_key=form_key, replied_by=actor, replied_role=role)
    reply = _seal(reply, request.student, {"words": words})
    _record(Action.HELP_ANSWERED, request, actor, role)
    if request.student.user_id:
        _ring(request.student.user_id, reply, reverse("helpline:status"))
    return reply


@transaction.atomic
def set_duty(roster, *, by, fields):
    """Save a checked roster and record which fields changed."""
    roster.municipality_id = roster.school.municipality_id
    roster.save()
    record(
        Action.RECORD_CHANGED,
        actor=by,
        role=role_of(by),
        municipality_id=roster.municipality_id,
        thing=roster,
        fields=fields,
    )
    return roster


# -- inside -------------------------------------------------------------------------------------


def _locked(request):
    return (
        HelpRequest.objects.select_for_update(of=["self"], no_key=True)
        .select_related("student__user")
        .get(pk=request.pk)
    )


def _mark_seen(request, actor):
    role = role_of(actor, request.student)
    request.seen_role = role
    _move(request, HelpState.SEEN)
    _record(Action.HELP_SEEN, request, actor, role)


def _move(request, state):
    if state not in MOVES[HelpState(request.state)]:
        raise CannotMove(_REFUSALS[HelpState(request.state)])
    request.state = state
    now = timezone.now()
    if state == HelpState.SEEN:
        request.seen_at = now
    elif state == HelpState.ANSWERED:
        request.answered_at = now
    request.save(update_fields=["state", "seen_at", "seen_role", "answered_at"])


_REFUSALS = {
    HelpState.SENT: "まだ だれも 見て いません。",
    HelpState.SEEN: "もう 見ました。",
    HelpState.ANSWERED: "もう ｜返事《へんじ》が ｜来《き》て います。",
    HelpState.CANCELLED: "本人が 取り消しました。",
}


def _seal(row, student, content):
    make_key(student, PURPOSE)
    row.municipality_id = student.municipality_id
    writing_key(student.pk, PURPOSE).seal(row, content)
    row.save(force_insert=True)
    return row


def _ring(user_id, row, path):
    """A bell without words: neither who nor what stands on a lock screen."""
    ring(
        [user_id],
        topic=row.pk.hex,
        path=path,
        expires_at=timezone.now() + BELL_LASTS,
        municipality_id=row.municipality_id,
    )


def _short(words, limit):
    words = (words or "").replace("\r\n", "\n").strip()
    if len(words) > limit:
        raise CannotMove(f"{limit}｜字《じ》までで ｜書《か》いて ください。")
    return words


def _record(action, request, actor, role):
    record(
        action,
        actor=actor,
        role=role,
        municipality_id=request.municipality_id,
        subject_id=request.student_id,
        thing=request,
        purpose=PURPOSE,
    )
