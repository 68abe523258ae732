"""Paper forms: printed on request, entered by one member of staff, confirmed by a second."""

import secrets
from uuid import UUID

from django.db import transaction

from apps.consent.models import (
    Channel,
    ConsentDecision,
    ConsentDocument,
    PaperForm,
    PaperFormState,
    Party,
    Purpose,
    Response,
)
from apps.consent.services.decisions import decide_on_behalf
from apps.consent.services.purpose_status import CannotDecide, statuses_for_guardian
from apps.core import clock
from apps.core.clock import JST, today
from apps.people.models import Guardianship, Student
from apps.people.permissions import role_of, students_kept_from
from apps.people.services.person_accounts import (
    OWN_FAMILY_REFUSED,
    children_of_person,
    is_same_person,
)
from apps.people.services.recorded_changes import record_change

NUMBER_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
PAPER_RESPONSES = (Response.GIVEN, Response.REFUSED, Response.LATER)


class CannotEnterAnswers(Exception):
    """The answers cannot be entered; the message is a sentence for the member of staff."""


@transaction.atomic
def issue_paper_forms(students, *, by):
    """A PaperForm for each current guardian of these students about what they are asked now.

    A form printed before and not entered yet is used again with today's versions, so printing twice
    makes one form. Guardians with nothing left to answer get none.
    """
    guardianships = (
        Guardianship.objects.current()
        .filter(student__in=students)
        .select_related("guardian", "student__home_class", "student__school")
        .order_by("student__attendance_number", "guardian__family_kana", "guardian__pk")
    )
    return [paper for guardianship in guardianships if (paper := _issue(guardianship, by))]


def paper_forms_to_sign(students):
    """The PaperForms of these students that wait for a signature, in the order of the class.

    Not those of guardians who have answered online since, or are no longer guardians.
    """
    found = (
        PaperForm.objects.filter(student__in=students, state=PaperFormState.ISSUED)
        .select_related("guardian", "student__home_class", "student__school")
        .order_by("student__attendance_number", "guardian__family_kana", "guardian__pk")
    )
    pairs = Guardianship.objects.current().filter(student__in=students)
    current = set(pairs.values_list("student_id", "guardian_id"))
    return [
        paper
        for paper in found
        if (paper.student_id, paper.guardian_id) in current
        and any(state.is_open for state in statuses_for_guardian(paper.student, paper.guardian))
    ]


@transaction.atomic
def enter_paper_form(paper, *, answers, signed_on, by):
    """Enter what stands on a signed form; nothing is decided yet.

    ``answers`` is {purpose: Response} for the purposes printed on it. Raises CannotEnterAnswers.
    """
    paper = PaperForm.objects.select_for_update().get(pk=paper.pk)
    if paper.state not in (PaperFormState.ISSUED, PaperFormState.ENTERED):
        raise CannotEnterAnswers("この用紙は、もう確かめたか、使わないことにした用紙です。")
    _check_guardian(paper)
    _check_family(paper, by)
    if (
        not answers
        or set(answers) - set(paper.documents)
        or set(answers.values()) - set(PAPER_RESPONSES)
    ):
        raise CannotEnterAnswers("用紙に印刷した項目の返事を、1つは入れてください。")
    if not paper.issued_at.astimezone(JST).date() <= signed_on <= today():
        raise CannotEnterAnswers("署名の日は、印刷した日からきょうまでの日にしてください。")
    paper.answers = {str(purpose): str(response) for purpose, response in answers.items()}
    paper.signed_on, paper.entered_by, paper.entered_at = signed_on, by, clock.now()
    _move(paper, PaperFormState.ENTERED, by)
    return paper


@transaction.atomic
def confirm_paper_form(paper, *, by, seen=None):
    """A second person has compared the form with the entry: now it is decided.

    ``seen`` names the entry that was on their screen (its ``entered_at`` in ISO form). Returns the
    ConsentReceipt. Raises CannotEnterAnswers where it is the same person, a document has changed
    since printing, or the guardian has answered online after signing.
    """
    student = Student.objects.select_for_update(no_key=True).get(pk=paper.student_id)
    paper = PaperForm.objects.select_for_update().get(pk=paper.pk)
    if paper.receipt_id:
        return paper.receipt
    if paper.state != PaperFormState.ENTERED:
        raise CannotEnterAnswers("まだ入力されていない用紙です。")
    _check_family(paper, by)
    if is_same_person(by, paper.entered_by_id):
        raise CannotEnterAnswers("入力した人のほかの人が確かめます。")
    if seen is not None and seen != paper.entered_at.isoformat():
        raise CannotEnterAnswers(
            "見ているあいだに、ほかの人が入力を変えました。もう一度くらべてください。"
        )
    _check_current(paper)
    receipt = decide_as_entered(paper, student, by=by, read=_printed(paper), channel=Channel.PAPER)
    paper.receipt, paper.confirmed_by, paper.confirmed_at = receipt, by, clock.now()
    _move(paper, PaperFormState.CONFIRMED, by)
    return receipt


def decide_as_entered(entry, student, *, by, read, channel):
    """Append what a guardian answered on paper or by telephone (``entry``), as now confirmed.

    Raises CannotEnterAnswers.
    """
    try:
        return decide_on_behalf(
            (Party.GUARDIAN, entry.guardian_id),
            student=student,
            actor=by,
            answers=entry.answers,
            form_key=entry.pk,
            read=read,
            channel=channel,
        )
    except CannotDecide as error:
        raise CannotEnterAnswers(str(error)) from error


@transaction.atomic
def discard_paper_form(paper, *, by):
    """Discard this form (lost, wrong, answered otherwise). Raises CannotEnterAnswers."""
    paper = PaperForm.objects.select_for_update().get(pk=paper.pk)
    if paper.state == PaperFormState.CONFIRMED:
        raise CannotEnterAnswers(
            "もう確かめた用紙です。変えるときは、新しい用紙か、サイトでたずねます。"
        )
    _move(paper, PaperFormState.DROPPED, by)


def printed_documents(paper):
    """The documents printed on a form, in the order of the policy."""
    found = ConsentDocument.objects.in_bulk(_printed(paper).values())
    return sorted(found.values(), key=lambda document: list(Purpose).index(document.purpose))


def paper_form_by_number(number, user):
    """The form of this number, if this person is the guardian it is for; else None."""
    return (
        PaperForm.objects.filter(number=number.upper(), guardian__user=user.pk)
        .exclude(student__in=students_kept_from(user))
        .select_related("student")
        .first()
    )


def _check_family(paper, by):
    if paper.student_id in children_of_person(by):
        raise CannotEnterAnswers(OWN_FAMILY_REFUSED)


def _issue(guardianship, by):
    open_statuses = [
        s for s in statuses_for_guardian(guardianship.student, guardianship.guardian) if s.is_open
    ]
    if not open_statuses:
        return None
    documents = {state.purpose: str(state.document.pk) for state in open_statuses}
    paper = (
        PaperForm.objects.select_for_update()
        .filter(
            student=guardianship.student,
            guardian=guardianship.guardian,
            state=PaperFormState.ISSUED,
        )
        .first()
    )
    if paper is None:
        if PaperForm.objects.filter(
            student=guardianship.student,
            guardian=guardianship.guardian,
            state=PaperFormState.ENTERED,
        ).exists():
            return None
        paper = PaperForm(
            municipality_id=guardianship.municipality_id,
            student=guardianship.student,
            guardian=guardianship.guardian,
            number="".join(secrets.choice(NUMBER_ALPHABET) for _ in range(8)),
            issued_by=by,
        )
    paper.documents = documents
    _move(paper, PaperFormState.ISSUED, by)
    paper.student, paper.guardian = guardianship.student, guardianship.guardian
    return paper


def _check_current(paper):
    said_since = ConsentDecision.objects.filter(
        student=paper.student_id,
        guardian=paper.guardian_id,
        purpose__in=paper.answers,
        decided_at__date__gte=paper.signed_on,
    )
    if said_since.exists():
        raise CannotEnterAnswers(
            "この紙に署名した日かそのあとに、同じ保護者がサイトで返事をしています。紙は使いません。"
        )
    _check_guardian(paper)


def _check_guardian(paper):
    bonds = Guardianship.objects.current().filter(
        student=paper.student_id, guardian=paper.guardian_id
    )
    if not bonds.exists():
        raise CannotEnterAnswers("いまは、この生徒の保護者として登録されていません。")


def _printed(paper):
    return {purpose: UUID(document) for purpose, document in paper.documents.items()}


def _move(paper, state, by):
    paper.state = state
    paper.save()
    role = role_of(by, paper.student)
    record_change(paper, by, ["state"], role=role, student_id=paper.student_id)
