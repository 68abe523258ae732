"""Deciding about purposes: the decision, the key and the record are one transaction."""

from django.db import transaction
from django.utils import timezone

from apps.audit.models import Action
from apps.audit.services import record
from apps.consent.models import (
    Channel,
    ConsentReceipt,
    Purpose,
    PurposePolicy,
    Response,
)
from apps.consent.services.chaining import append, facts, proof
from apps.consent.services.reading import (
    CannotDecide,
    current_documents,
    party_of,
    receipt_of_form,
)
from apps.consent.services.settling import settle
from apps.consent.services.standings import hold_policies
from apps.people.models import Student


@transaction.atomic
def decide(*, student, actor, answers, form_key, channel=Channel.WEB, read=None):
    """Append one person's answers and make or destroy the keys they decide about.

    ``answers`` is {purpose: Response}, ``form_key`` the UUID made when the form opened: the same
    form sent twice gives the receipt of the first time. ``read`` is {purpose: id of the document
    the person had before them}; where another version is in force now, the decision is refused.
    One transaction locks the student, so two deciders cannot pass each other, and holds the
    policies FOR SHARE, so new words cannot be published in between. Returns the ConsentReceipt.
    Raises CannotDecide.
    """
    student = Student.objects.select_for_update(no_key=True).get(pk=student.pk)
    party, guardian = party_of(actor, student)
    earlier = receipt_of_form(actor, student, form_key)
    if earlier:
        return earlier
    hold_policies(student.municipality_id)
    documents = current_documents(student.municipality_id)
    _check_answers(student, answers, documents, read or {})
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
    settle(student, purposes=list(answers), actor=actor, role=party)
    return receipt


def withdraw(*, student, actor, purpose, form_key):
    """Take back one purpose: effective when this returns. No reason is asked."""
    return decide(
        student=student, actor=actor, answers={purpose: Response.WITHDRAWN}, form_key=form_key
    )


def _check_answers(student, answers, documents, read):
    offered = set(
        PurposePolicy.objects.offered()
        .filter(municipality_id=student.municipality_id)
        .values_list("purpose", flat=True)
    )
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
