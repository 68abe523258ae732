"""Deciding about purposes: the decision, the key and the record are one transaction."""

from uuid import uuid5

from django.db import transaction
from django.utils import timezone

from apps.audit.models import Action, Audience
from apps.audit.services import record
from apps.consent.models import (
    Channel,
    ConsentReceipt,
    ExplanationWish,
    Party,
    Purpose,
    Response,
)
from apps.consent.services.chaining import append, facts, proof
from apps.consent.services.reading import (
    CannotDecide,
    party_of,
    receipt_of_form,
)
from apps.consent.services.settling import settle
from apps.consent.services.standings import decides_alone, held_terms
from apps.people.models import Student
from apps.people.permissions import role_of, students_under_care


@transaction.atomic
def decide(*, student, actor, answers, form_key, read=None):
    """Append one person's answers and make or destroy the keys they decide about.

    ``answers`` is {purpose: Response}, ``form_key`` the UUID made when the form opened: the same
    form sent twice gives the receipt of the first time. ``read`` is {purpose: id of the document
    the person had before them}; where another version is in force now, the decision is refused.
    One transaction locks the student, so two deciders cannot pass each other, and holds the
    policies FOR SHARE, so new words cannot be published in between. Returns the ConsentReceipt.
    Raises CannotDecide.
    """
    student = Student.objects.select_for_update(no_key=True).get(pk=student.pk)
    voice = party_of(actor, student)
    return decide_as(
        voice, student=student, actor=actor, answers=answers, form_key=form_key, read=read
    )


@transaction.atomic
def decide_for_all(*, students, actor, answers, form_key, read=None):
    """The same answers about several students in one go; the receipts, the first student's first.

    All or nothing, locked in one order whoever sends. Each student's form key is derived from
    the one form's, so the form sent twice gives the same receipts. Raises CannotDecide.
    """
    first = students[0]
    receipts = {
        student.pk: decide(
            student=student,
            actor=actor,
            answers=answers,
            form_key=form_key if student == first else uuid5(form_key, str(student.pk)),
            read=read,
        )
        for student in sorted(students, key=lambda student: student.pk)
    }
    return [receipts[student.pk] for student in students]


def decide_as(voice, *, student, actor, answers, form_key, read=None, channel=Channel.WEB):
    """Append answers in the name of ``voice`` ((Party, Guardian or None)) about a locked student.

    ``actor`` is who enters them: the person, or a member of staff with a signed paper.
    """
    party, guardian = voice
    earlier = receipt_of_form(actor, student, form_key)
    if earlier:
        return earlier
    terms = held_terms(student.municipality_id)
    documents = terms.documents
    _check_answers(student, answers, terms, read or {})
    _check_voice(party, student, answers, terms)
    receipt = ConsentReceipt(
        municipality_id=student.municipality_id,
        student=student,
        party=party,
        guardian=guardian,
        decided_by=actor,
        channel=channel,
        form_key=form_key,
        decided_at=timezone.now(),
    )
    receipt.proof = proof(facts(receipt, answers, documents))
    receipt.save(force_insert=True)
    append(receipt, answers, documents)
    record(
        Action.CONSENT_DECIDED,
        actor=actor,
        role=party,
        municipality_id=student.municipality_id,
        subject_id=student.pk,
        thing=receipt,
        fields=sorted(answers),
    )
    _note_wish(receipt, answers)
    settle(student, terms=terms, purposes=list(answers), actor=actor, role=party, receipt=receipt)
    return receipt


def withdraw(*, student, actor, purpose, form_key):
    """Take back one purpose: effective when this returns. No reason is asked."""
    return decide(
        student=student, actor=actor, answers={purpose: Response.WITHDRAWN}, form_key=form_key
    )


@transaction.atomic
def note_talked(wishes, *, by):
    """Somebody has talked with the students of these wishes (a queryset); how many were waiting."""
    waiting = list(wishes.filter(talked_at=None).select_for_update(of=("self",)))
    for wish in waiting:
        wish.talked_at, wish.talked_by = timezone.now(), by
        wish.save(update_fields=["talked_at", "talked_by"])
        record(
            Action.RECORD_CHANGED,
            actor=by,
            role=role_of(by, wish.student),
            municipality_id=wish.municipality_id,
            subject_id=wish.student_id,
            thing=wish,
            fields=["talked_at"],
            audience=Audience.PROTECTIVE,
        )
    return len(waiting)


def wishes_waiting(user):
    """ExplanationWishes of the students this member of staff works for, not yet talked about."""
    return ExplanationWish.objects.filter(students_under_care(user), talked_at=None)


def _check_voice(party, student, answers, terms):
    """Who is old enough decides alone; what only a student may say, a guardian may not."""
    for policy in terms.policies:
        if policy.purpose not in answers:
            continue
        if party == Party.GUARDIAN and decides_alone(policy, student):
            name = policy.get_purpose_display()
            raise CannotDecide(
                f"「{name}」は、{policy.alone_from_age}歳からお子さん本人だけで決めます。"
            )
    if party == Party.GUARDIAN and Response.UNSURE in answers.values():
        raise CannotDecide("「同意する」「同意しない」「あとで決める」から えらんで ください。")


def _note_wish(receipt, answers):
    unsure = sorted(purpose for purpose, said in answers.items() if said == Response.UNSURE)
    if unsure:
        ExplanationWish.objects.create(
            municipality_id=receipt.municipality_id,
            student_id=receipt.student_id,
            receipt=receipt,
            purposes=unsure,
        )


def _check_answers(student, answers, terms, read):
    documents = terms.documents
    offered = {policy.purpose for policy in terms.policies if policy.is_offered}
    if not answers:
        raise CannotDecide("まだ 何も えらんで いません。")
    for purpose, response in answers.items():
        name = Purpose(purpose).label
        is_no = Response(response) in (Response.WITHDRAWN, Response.REFUSED)
        if purpose not in documents or (purpose not in offered and not is_no):
            raise CannotDecide(f"「{name}」は いま たずねて いません。")
        if read.get(purpose, documents[purpose].pk) != documents[purpose].pk:
            raise CannotDecide(f"「{name}」の 説明が 新しく なりました。もう一度 お読みください。")
    if not student.is_enrolled and Response.GIVEN in answers.values():
        raise CannotDecide("名簿に ない 生徒には、同意を 受け付けられません。")
