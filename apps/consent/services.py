"""Deciding about purposes: the decision, the key and the record are one transaction."""

from dataclasses import dataclass

from django.db import transaction

from apps.audit.models import Action
from apps.audit.services import record
from apps.consent import rules
from apps.consent.models import (
    Channel,
    ConsentDecision,
    ConsentDocument,
    ConsentReceipt,
    DocumentShown,
    Party,
    Programme,
    Purpose,
    PurposePolicy,
    Response,
)
from apps.core.clock import today
from apps.people.models import Guardianship, Student
from apps.vault.models import SubjectKey
from apps.vault.services import destroy_key, make_key


class CannotDecide(Exception):
    """The decision cannot be taken; the message is a sentence for the person."""


@dataclass(frozen=True)
class PurposeState:
    """One purpose of one student as a page shows it."""

    policy: PurposePolicy
    document: ConsentDocument | None  # the current words
    standing: rules.Standing
    mine: ConsentDecision | None  # the viewer's latest response, if any
    asks_again: bool  # the words changed since the viewer answered

    @property
    def purpose(self):
        return self.policy.purpose

    @property
    def is_answered(self):
        """Whether the viewer has answered (anything but "later") to the current words."""
        answered = self.mine is not None and self.mine.response != Response.LATER
        return answered and not self.asks_again


def states_for(student, viewer):
    """The PurposeStates of a student, in the policy's order, as ``viewer`` (a user) sees them."""
    policies = list(PurposePolicy.objects.offered().filter(municipality_id=student.municipality_id))
    documents = current_documents(student.municipality_id)
    latest = list(_latest_decisions(student))
    in_term = _in_term(student.municipality_id)
    party, guardian = party_of(viewer, student)
    states = []
    for policy in policies:
        document = documents.get(policy.purpose)
        mine = _mine(latest, policy.purpose, party, guardian)
        asks_again = mine is not None and document is not None and mine.document_id != document.pk
        standing = _standing(student, policy, document, latest, in_term)
        states.append(PurposeState(policy, document, standing, mine, asks_again))
    return states


def current_documents(municipality_id):
    """{purpose: the ConsentDocument now in force}."""
    found = ConsentDocument.objects.current().filter(municipality_id=municipality_id)
    return {document.purpose: document for document in found}


def is_effective(student, purpose):
    """Whether the purpose is effective now; the key is the truth."""
    return SubjectKey.objects.filter(student=student, purpose=purpose).exists()


def party_of(user, student):
    """(Party, Guardian or None) in which this user decides about the student.

    Raises CannotDecide for anybody who is neither the student nor a current guardian.
    """
    if user.pk and student.user_id == user.pk:
        return Party.STUDENT, None
    guardianship = (
        Guardianship.objects.current()
        .filter(student=student, guardian__user=user.pk)
        .select_related("guardian")
        .first()
    )
    if guardianship is None:
        raise CannotDecide("この 生徒に ついて 決められるのは、本人と 保護者だけです。")
    return Party.GUARDIAN, guardianship.guardian


def note_shown(documents, student, user):
    """Record that these documents were on this person's screen (once each)."""
    DocumentShown.objects.bulk_create(
        (
            DocumentShown(
                municipality_id=student.municipality_id,
                document=document,
                student=student,
                user=user,
            )
            for document in documents
        ),
        ignore_conflicts=True,
    )


@transaction.atomic
def decide(*, student, actor, answers, form_key, channel=Channel.WEB):
    """Append one person's answers and make or destroy the keys they decide about.

    ``answers`` is {purpose: Response}, ``form_key`` the UUID made when the form opened: the same
    form sent twice gives the receipt of the first time. One transaction locks the student, so
    two deciders cannot pass each other. Returns the ConsentReceipt. Raises CannotDecide.
    """
    student = Student.objects.select_for_update(no_key=True).get(pk=student.pk)
    party, guardian = party_of(actor, student)
    earlier = ConsentReceipt.objects.filter(
        decided_by=actor, student=student, form_key=form_key
    ).first()
    if earlier:
        return earlier
    documents = current_documents(student.municipality_id)
    _check_answers(student, answers, documents)
    receipt = ConsentReceipt.objects.create(
        municipality_id=student.municipality_id,
        student=student,
        party=party,
        guardian=guardian,
        decided_by=actor,
        channel=channel,
        form_key=form_key,
    )
    ConsentDecision.objects.bulk_create(
        ConsentDecision(
            municipality_id=student.municipality_id,
            receipt=receipt,
            student=student,
            purpose=purpose,
            document=documents[purpose],
            party=party,
            guardian=guardian,
            response=response,
        )
        for purpose, response in answers.items()
    )
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


def settle(student, *, purposes=None, actor=None, role="system"):
    """Bring the keys of a (locked) student in step with what everybody has decided.

    Call inside a transaction. Returns the purposes whose key was made or destroyed.
    """
    policies = PurposePolicy.objects.filter(municipality_id=student.municipality_id)
    if purposes is not None:
        policies = policies.filter(purpose__in=purposes)
    documents = current_documents(student.municipality_id)
    latest = list(_latest_decisions(student))
    in_term = _in_term(student.municipality_id)
    held = set(SubjectKey.objects.filter(student=student).values_list("purpose", flat=True))
    changed = []
    for policy in policies:
        found = _standing(student, policy, documents.get(policy.purpose), latest, in_term)
        if found.is_effective == (policy.purpose in held):
            continue
        (make_key if found.is_effective else destroy_key)(student, policy.purpose)
        record(
            Action.KEY_MADE if found.is_effective else Action.KEY_DESTROYED,
            actor=actor,
            role=role,
            municipality_id=student.municipality_id,
            subject_id=student.pk,
            purpose=policy.purpose,
        )
        changed.append(policy.purpose)
    return changed


def _check_answers(student, answers, documents):
    offered = set(
        PurposePolicy.objects.offered()
        .filter(municipality_id=student.municipality_id)
        .values_list("purpose", flat=True)
    )
    if not answers:
        raise CannotDecide("まだ 何も えらんで いません。")
    for purpose, response in answers.items():
        Response(response)
        if purpose not in documents or (purpose not in offered and response != Response.WITHDRAWN):
            raise CannotDecide(f"「{Purpose(purpose).label}」は いま たずねて いません。")
    if not student.is_enrolled and any(r == Response.GIVEN for r in answers.values()):
        raise CannotDecide("名簿に ない 生徒には、同意を 受け付けられません。")


def _latest_decisions(student):
    """The last word of everybody who may still speak: the student and the current guardians."""
    current = set(
        Guardianship.objects.current().filter(student=student).values_list("guardian_id", flat=True)
    )
    decisions = ConsentDecision.objects.filter(student=student).latest()
    return [d for d in decisions if d.guardian_id is None or d.guardian_id in current]


def _mine(latest, purpose, party, guardian):
    guardian_id = guardian.pk if guardian else None
    for decision in latest:
        if (decision.purpose, decision.party, decision.guardian_id) == (
            purpose,
            party,
            guardian_id,
        ):
            return decision
    return None


def _standing(student, policy, document, latest, in_term):
    words = [
        (decision.party, rules.Word(decision.response, _is_current(decision, document)))
        for decision in latest
        if decision.purpose == policy.purpose
    ]
    return rules.standing(
        decider=policy.decider,
        guardians=[word for party, word in words if party == Party.GUARDIAN],
        student=next((word for party, word in words if party == Party.STUDENT), None),
        is_offered=policy.is_offered and document is not None,
        in_term=in_term,
        is_enrolled=student.is_enrolled,
    )


def _is_current(decision, document):
    return document is not None and decision.document_id == document.pk


def _in_term(municipality_id):
    return Programme.objects.filter(
        municipality_id=municipality_id, begins_on__lte=today(), ends_on__gte=today()
    ).exists()
