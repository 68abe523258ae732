"""Deciding about purposes: decision, key and audit record in one transaction."""

from uuid import uuid5

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record_many
from apps.consent.models import (
    Channel,
    ConsentReceipt,
    Decider,
    ExplanationRequest,
    Party,
    Response,
)
from apps.consent.person_proofs import missing_proof
from apps.consent.receipts.facts import facts_to_sign, sign_receipt
from apps.consent.services.decision_chain import append_decisions
from apps.consent.services.decision_context import load_decision_context
from apps.consent.services.effectiveness import decides_alone
from apps.consent.services.key_reconciliation import reconcile_keys, replace_damaged_keys
from apps.consent.services.purpose_status import CannotDecide
from apps.consent.services.recorded_names import seal_name
from apps.consent.words import NOT_PROVED, PROVE_PERSON, purpose_name
from apps.core import clock
from apps.core.sql_batches import StatementBatch, insert_rows
from apps.people.permissions import role_of, students_where
from apps.people.services.recorded_changes import record_change


class PinNotConfirmed(CannotDecide):
    """The student's PIN is new, and nobody has confirmed yet that the student chose it."""

    to_student = NOT_PROVED


@transaction.atomic
def decide(*, student, actor, answers, form_key, read=None):
    """Append one person's answers and make or destroy the keys they decide about.

    ``answers`` is {purpose: Response}, ``form_key`` the UUID made when the form opened: the same
    form sent twice gives the receipt of the first time. ``read`` is {purpose: id of the document
    that was on the screen}; if another version is in force now, the decision is refused. One
    transaction locks the student, so two deciders cannot overtake each other, and holds the
    policies FOR SHARE, so no document can be published in between. Returns the ConsentReceipt.
    Raises CannotDecide.
    """
    context = load_decision_context([student], form_keys=[form_key])[student.pk]
    respondent = context.party_of(actor)
    batch = StatementBatch()
    receipt = _decide(
        context,
        respondent,
        actor=actor,
        answers=answers,
        form_key=form_key,
        read=read,
        batch=batch,
    )
    batch.send()
    return receipt


@transaction.atomic
def decide_for_all(*, students, actor, answers, form_key, read=None):
    """The same answers about several students; the receipts, the first student's first.

    All or nothing. Students, then their schools' chains are locked before anything is written,
    always in the same order: two families never deadlock. Each student's form key is derived from
    the form's own, so the form sent twice gives the same receipts. Raises CannotDecide.
    """
    form_keys = {s.pk: uuid5(form_key, str(s.pk)) for s in students} | {students[0].pk: form_key}
    context = load_decision_context(students, form_keys=form_keys.values())
    batch = StatementBatch()
    receipts = [
        _decide(
            context[student.pk],
            context[student.pk].party_of(actor),
            actor=actor,
            answers=answers,
            form_key=form_keys[student.pk],
            read=read,
            batch=batch,
        )
        for student in students
    ]
    batch.send()
    return receipts


def decide_on_behalf(
    respondent, *, student, actor, answers, form_key, read=None, channel=Channel.WEB
):
    """Append answers in the name of ``respondent`` ((Party, guardian id or None)) about a student.

    ``actor`` is who enters them: a member of staff with a signed paper. In the caller's
    transaction. Raises CannotDecide.
    """
    batch = StatementBatch()
    receipt = _decide(
        load_decision_context([student], form_keys=[form_key])[student.pk],
        respondent,
        actor=actor,
        answers=answers,
        form_key=form_key,
        read=read,
        channel=channel,
        batch=batch,
    )
    batch.send()
    return receipt


def withdraw(*, student, actor, purpose, form_key):
    """Withdraw one purpose: effective when this returns. No reason is asked."""
    return decide(
        student=student, actor=actor, answers={purpose: Response.WITHDRAWN}, form_key=form_key
    )


@transaction.atomic
def note_explained(requests, *, by):
    """Note that somebody has talked with the students of these requests (a queryset); how many."""
    waiting = list(requests.filter(talked_at=None).select_for_update(of=("self",)))
    for request in waiting:
        request.talked_at, request.talked_by = clock.now(), by
        request.save(update_fields=["talked_at", "talked_by"])
        record_change(
            request, by, ["talked_at"], role=role_of(by, request.student),
            student_id=request.student_id, audience=Audience.PROTECTIVE,
        )  # fmt: skip
    return len(waiting)


def explanation_requests_waiting(user):
    """Open ExplanationRequests of the students this member of staff works for."""
    return ExplanationRequest.objects.filter(
        students_where(user, "consent.explain", "student__"), talked_at=None
    )


def _decide(context, respondent, *, actor, answers, form_key, read, batch, channel=Channel.WEB):
    student, terms, (party, guardian_id) = context.student, context.terms, respondent
    if earlier := context.receipts_by_form.get((actor.pk, form_key)):
        return ConsentReceipt.objects.get(pk=earlier)
    waits = context.is_waiting(guardian_id)
    _check_answers(student, answers, terms, read or {})
    _check_respondent(party, student, answers, terms, waits)
    _check_proved(party, student, answers)
    if channel == Channel.WEB:
        _check_person(party, student, actor, answers)
    if not waits:
        _check_enrolled(student, answers)
    receipt = ConsentReceipt(
        municipality_id=student.municipality_id,
        student=student,
        party=party,
        guardian_id=guardian_id,
        decided_by=actor,
        channel=channel,
        form_key=form_key,
        decided_at=clock.now(),
    )
    seal_name(receipt, student, given_name_only=waits)
    receipt.proof = sign_receipt(facts_to_sign(receipt, answers, terms.documents), form_key)
    insert_rows([receipt], batch)
    decisions = append_decisions(receipt, answers, terms.documents, context.chain_heads, batch)
    audience = Audience.PROTECTIVE if context.is_hidden(guardian_id) else Audience.OPEN
    record_many([_as_recorded(receipt, actor, answers, audience)], batch)
    _request_explanation(receipt, answers, batch)
    if waits:  # counts from the school's confirmation on: until then it makes and ends no key
        return receipt
    reconcile_keys(
        context.after(decisions),
        purposes=list(answers),
        actor=actor,
        role=party,
        receipt=receipt,
        final=_ended_by_this(party, answers, terms, student),
        batch=batch,
    )
    replace_damaged_keys(context, _given(answers), actor=actor, role=party, audience=audience)
    return receipt


def _ended_by_this(party, answers, terms, student):
    """The purposes that this answer ends, if it ends them: such an end is immediate and final.

    Not where the student's PIN is new and nobody has confirmed it.
    """
    if party == Party.STUDENT and student.has_unconfirmed_pin:
        return set()
    asks_student = {
        policy.purpose
        for policy in terms.policies
        if policy.decider == Decider.BOTH or decides_alone(policy, student)
    }
    return {
        purpose
        for purpose, response in answers.items()
        if response in (Response.REFUSED, Response.WITHDRAWN)
        or (response != Response.GIVEN and (party == Party.GUARDIAN or purpose in asks_student))
    }


def _given(answers):
    return [purpose for purpose, response in answers.items() if response == Response.GIVEN]


def _as_recorded(receipt, actor, answers, audience):
    return {
        "audience": audience,
        "action": Action.CONSENT_DECIDED,
        "actor": actor,
        "role": receipt.party,
        "municipality_id": receipt.municipality_id,
        "subject_id": receipt.student_id,
        "thing": receipt,
        "fields": sorted(answers),
    }


def _check_respondent(party, student, answers, terms, waits):
    """A student who is old enough decides alone; answers only for students, a guardian may not give.

    An unconfirmed guardian does not learn the age: their answer is stored and does not count.
    """
    for policy in terms.policies:
        if policy.purpose not in answers:
            continue
        if party == Party.GUARDIAN and not waits and decides_alone(policy, student):
            told = {"name": purpose_name(policy.purpose), "age": policy.alone_from_age}
            raise CannotDecide(
                _("「%(name)s」は、%(age)s歳からお子さん本人だけで決めます。") % told
            )
    if party == Party.GUARDIAN and Response.UNSURE in answers.values():
        raise CannotDecide(_("「同意する」「同意しない」「あとで決める」から選んでください。"))


def _check_person(party, student, actor, answers):
    """A guardian's first agreement on the site, where the municipality asks for a proof."""
    if (
        party == Party.GUARDIAN
        and _given(answers)
        and missing_proof(actor, student.municipality_id)
    ):
        raise CannotDecide(str(PROVE_PERSON))


def _check_proved(party, student, answers):
    """With an unconfirmed PIN (first or reset by staff) the student can agree to nothing."""
    if (
        party == Party.STUDENT
        and student.has_unconfirmed_pin
        and Response.GIVEN in answers.values()
    ):
        raise PinNotConfirmed(_("本人がいたことを、まだだれも確かめていません。"))


def _request_explanation(receipt, answers, batch):
    unsure = sorted(purpose for purpose, response in answers.items() if response == Response.UNSURE)
    if unsure:
        request = ExplanationRequest(
            municipality_id=receipt.municipality_id,
            student_id=receipt.student_id,
            receipt=receipt,
            purposes=unsure,
        )
        insert_rows([request], batch)


def _check_answers(student, answers, terms, read):
    documents = terms.documents
    offered = {policy.purpose for policy in terms.policies if policy.is_offered}
    if not answers:
        raise CannotDecide(_("まだ何も選んでいません。"))
    for purpose, response in answers.items():
        told = {"name": purpose_name(purpose)}
        is_no = Response(response) in (Response.WITHDRAWN, Response.REFUSED)
        if purpose not in documents or (purpose not in offered and not is_no):
            raise CannotDecide(_("「%(name)s」は、いまたずねていません。") % told)
        if read.get(purpose, documents[purpose].pk) != documents[purpose].pk:
            raise CannotDecide(
                _("「%(name)s」の説明が新しくなりました。もう一度お読みください。") % told
            )


def _check_enrolled(student, answers):
    """Nobody agrees to anything about a student who has left. An unconfirmed guardian does not
    learn of it here.
    """
    if not student.is_enrolled and Response.GIVEN in answers.values():
        raise CannotDecide(_("名簿にない生徒には、同意を受け付けられません。"))
