"""Requests to correct a record: sent by the family, answered by the school or the city."""

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record_about
from apps.consent.models import Party
from apps.consent.services.purpose_status import party_of
from apps.core import clock
from apps.core.limits import allow
from apps.core.text import is_blank
from apps.disclosure import guardian_list
from apps.disclosure.models import (
    CORRECTION_SUBJECTS,
    CorrectionAnswer,
    CorrectionRequest,
    CorrectionState,
)
from apps.people.permissions import role_of, students_where
from apps.people.services.person_accounts import OWN_FAMILY_REFUSED, children_of_person
from apps.vault.services.keys import key_for_writing, make_key_without_store
from apps.vault.services.sealed_content import (
    OpeningReason,
    open_for_guardian,
    open_own,
    open_sealed,
)
from apps.vault.words import content_words

KEY_PURPOSE = "correction"  # of the key: it needs no consent, and outlives every purpose
MAX_CHARACTERS = 300
NEWEST_FIRST = ("-asked_at", "-pk")


class CannotCorrect(Exception):
    """The request or the answer is refused; the message is a sentence for the person."""


@transaction.atomic
def request_correction(student, *, actor, about, words, form_key):
    """Tell the school what is wrong. The same form twice is one request. Raises CannotCorrect.

    Raises CannotDecide for anybody who is neither the student nor a current guardian.
    """
    party = party_of(actor, student)[0]
    if earlier := _sent_before(actor, student, form_key):
        return earlier
    if about not in subjects_for(party) or not _is_readable(words):
        raise CannotCorrect(_("何がどうちがうかを、300字までで書いてください。"))
    if not (allow("correction", str(actor.pk)) and allow("correction_day", str(actor.pk))):
        raise CannotCorrect(
            _("続けてたくさん送られています。時間をおいて、もう一度送ってください。")
        )
    make_key_without_store(student, KEY_PURPOSE)
    row = CorrectionRequest(
        municipality_id=student.municipality_id, asked_by=actor, party=party, about=about,
        form_key=form_key,
    )  # fmt: skip
    key_for_writing(student.pk, KEY_PURPOSE).seal(row, {"words": words.strip()})
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        if earlier := _sent_before(actor, student, form_key):  # the same form, at one moment
            return earlier
        raise CannotCorrect(_("画面が古くなりました。もう一度開いてください。")) from None
    _record(Action.CORRECTION_ASKED, row, by=actor, role=party)
    return row


def subjects_for(party):
    """What this party may ask to correct: a guardian only what they may see (``guardian_list``)."""
    known = [code for code, _label in CORRECTION_SUBJECTS]
    if party == Party.STUDENT:
        return known
    return [code for code in known if code in guardian_list.CORRECTION_SUBJECTS]


def correction_requests_by(user, student):
    """The CorrectionRequests of this person about this student, newest first.

    To the student, after a PIN reset by staff, only later ones.
    """
    requests = CorrectionRequest.objects.filter(student=student, asked_by=user.pk)
    if student.user_id == user.pk and student.closed_before is not None:
        requests = requests.filter(asked_at__gt=student.closed_before)
    return requests.select_related("answer").order_by(*NEWEST_FIRST)


def corrections_by(user, student, limit=None):
    """``opened_corrections`` of this person's newest requests about this student."""
    return opened_corrections(correction_requests_by(user, student)[:limit], user, student)


def opened_corrections(requests, user, student):
    """[(CorrectionRequest, words, answer or "")] of a person's own requests about a student."""
    rows = list(requests)
    answers = [row.answer for row in rows if row.state == CorrectionState.ANSWERED]
    opened = _opened([*rows, *answers], user, student) if rows else []
    texts = dict(zip((row.pk for row in [*rows, *answers]), opened, strict=True))
    return [
        (row, texts[row.pk], texts[row.answer.pk] if row.state == CorrectionState.ANSWERED else "")
        for row in rows
    ]


def corrections_visible_to(user):
    """Requests a member of staff works on: of their students, or of all the municipality.

    A guardian's are the privacy officer's alone. None about their own children.
    """
    of_student = students_where(user, "corrections.answer", "student__")
    of_guardian = students_where(user, "corrections.answer_guardian", "student__")
    known = Q(of_student, party=Party.STUDENT) | Q(of_guardian, party=Party.GUARDIAN)
    return CorrectionRequest.objects.filter(known).exclude(student__in=children_of_person(user))


@transaction.atomic
def open_correction(request, *, actor):
    """What was written, for staff; writes an audit event, and the person sees that it was read."""
    request = CorrectionRequest.objects.select_for_update().get(pk=request.pk)
    by_student = request.party == Party.STUDENT
    reason = OpeningReason.STUDENT_ASKED if by_student else OpeningReason.GUARDIAN_ASKED
    (content,) = open_sealed([request], actor=actor, reason=reason)
    if request.state == CorrectionState.ASKED:
        request.state, request.seen_at = CorrectionState.SEEN, clock.now()
        request.save(update_fields=["state", "seen_at"])
    return content_words(content)


def correction_answer(request, *, actor):
    """(CorrectionAnswer, words or None) for staff, or (None, None) before there is one."""
    answer = CorrectionAnswer.objects.filter(request=request.pk).first()
    if answer is None:
        return None, None
    by_student = request.party == Party.STUDENT
    reason = OpeningReason.STUDENT_ASKED if by_student else OpeningReason.GUARDIAN_ASKED
    (content,) = open_sealed([answer], actor=actor, reason=reason)
    return answer, content["words"] if content else None


@transaction.atomic
def answer_correction(request, *, actor, words):
    """Answer once: what was corrected, or why not. Raises CannotCorrect."""
    request = CorrectionRequest.objects.select_for_update().get(pk=request.pk)
    if request.state == CorrectionState.ANSWERED:
        raise CannotCorrect(_("もう答えた連絡です。"))
    if request.student_id in children_of_person(actor):
        raise CannotCorrect(OWN_FAMILY_REFUSED)
    if not _is_readable(words):
        raise CannotCorrect(_("どう直したか、または直さない理由を、300字までで書いてください。"))
    row = CorrectionAnswer(
        municipality_id=request.municipality_id, request=request, answered_by=actor
    )
    make_key_without_store(
        request.student, KEY_PURPOSE
    )  # a damaged key is replaced: the answer must not wait
    key = key_for_writing(request.student_id, KEY_PURPOSE)
    key.seal(row, {"words": words.strip()}).save(force_insert=True)
    request.state, request.answered_at = CorrectionState.ANSWERED, clock.now()
    request.seen_at = request.seen_at or request.answered_at
    request.save(update_fields=["state", "seen_at", "answered_at"])
    _record(Action.CORRECTION_ANSWERED, request, by=actor, role=role_of(actor, request.student))
    return row


def _sent_before(actor, student, form_key):
    own = CorrectionRequest.objects.filter(asked_by=actor, student=student)
    return own.filter(form_key=form_key).first()


def _is_readable(words):
    return not is_blank(words) and len(words.strip()) <= MAX_CHARACTERS


def _opened(rows, user, student):
    if student.user_id == user.pk:
        contents = open_own(rows, student=student)
    else:
        contents = open_for_guardian(rows, actor=user, student=student)
    return [content_words(content) for content in contents]


def _record(action, row, *, by, role):
    record_about(row, action, actor=by, role=role, audience=Audience.PROTECTIVE)
