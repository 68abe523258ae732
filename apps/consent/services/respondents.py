"""Who may answer about a student, also before the school has confirmed them, and what they are
asked.

An unconfirmed guardian reads the documents and answers. They learn nothing of the child: neither
the state of a purpose nor what others answered. Their answers count once the school has confirmed
them (``decision_context``).
"""

from django.db.models import Q, QuerySet

from apps.consent.effectiveness_rules import Effectiveness, EffectivenessReason
from apps.consent.models import ConsentDecision, ConsentReceipt, Party
from apps.consent.services.effectiveness import terms_of
from apps.consent.services.purpose_status import (
    UNDECIDED_RESPONSES,
    CannotDecide,
    PurposeStatus,
    decides_about,
    party_of,
    statuses_for,
    students_known_to,
)
from apps.people import relation_rules
from apps.people.models import Guardian, Guardianship, GuardianStanding, Student, User

NOT_ANSWERED = Effectiveness(False, EffectivenessReason.WAITING_ANSWER)
AWAITS_SCHOOL = Effectiveness(False, EffectivenessReason.WAITING_SCHOOL)
AWAITS_SCHOOL_DECISION = Effectiveness(False, EffectivenessReason.WAITING_SCHOOL_DECIDES)


def students_to_answer_for(user: User) -> QuerySet[Student]:
    """The students this user may know of, or waits for. Who only is informed answers nothing."""
    return students_known_to(user) | students_awaiting_confirmation(user)


def students_awaiting_confirmation(user: User) -> QuerySet[Student]:
    """The students for whom the school has not confirmed this user yet; in an arbitrary order.

    Somebody who was kept out meanwhile still waits, as far as they can see.
    """
    waiting = Guardianship.objects.unconfirmed().filter(guardian__user=user.pk)
    known = Guardianship.objects.current().filter(guardian__user=user.pk).values("student")
    return Student.objects.filter(
        Q(pk__in=waiting.values("student")), ~Q(pk__in=known), ~Q(user=user.pk)
    )


def awaits_confirmation(student: Student, user: User) -> bool:
    """Whether the school has still to confirm this user for this student."""
    return students_awaiting_confirmation(user).filter(pk=student.pk).exists()


def respondent_of(user: User, student: Student) -> tuple[Party, Guardian | None]:
    """(Party, Guardian or None) in which this user answers about the student. Raises CannotDecide."""
    try:
        return party_of(user, student)
    except CannotDecide:
        waiting = Guardianship.objects.unconfirmed().filter(student=student)
        guardianship = waiting.filter(guardian__user=user.pk).select_related("guardian").first()
        if guardianship is None:
            raise
        return Party.GUARDIAN, guardianship.guardian


def may_be_informed_only(student: Student, user: User) -> bool:
    """Whether this user waits, and by their relation the school may let them only be informed."""
    if not awaits_confirmation(student, user):
        return False
    return not _may_decide(student, respondent_of(user, student)[1])


def is_informed_only(student: Student, user: User) -> bool:
    """Whether this user knows of the student as a guardian without deciding."""
    if student.user_id == user.pk or decides_about(user, student):
        return False
    return students_known_to(user).filter(pk=student.pk).exists()


def statuses_to_answer(student: Student, user: User) -> list[PurposeStatus]:
    """The PurposeStatuses of a student as this user may see them. Raises CannotDecide."""
    if awaits_confirmation(student, user):
        return _states_of_waiting(student, respondent_of(user, student)[1])
    return statuses_for(student, user)


def receipt_awaits_school(receipt: ConsentReceipt) -> bool:
    """Whether the answers of this receipt do not count yet: its guardian is unconfirmed."""
    guardianships = Guardianship.objects.unconfirmed().filter(student=receipt.student_id)
    return (
        receipt.guardian_id is not None
        and guardianships.filter(guardian=receipt.guardian_id).exists()
    )


def receipt_may_be_informed_only(receipt: ConsentReceipt) -> bool:
    """Whether the school may let the waiting guardian of this receipt only be informed."""
    return receipt_awaits_school(receipt) and not _may_decide(receipt.student, receipt.guardian)


def receipt_is_informed_only(receipt: ConsentReceipt) -> bool:
    """Whether the guardian of this receipt is only informed today, so that it does not count."""
    guardianships = Guardianship.objects.current().filter(
        student=receipt.student_id, guardian=receipt.guardian_id
    )
    return guardianships.filter(standing=GuardianStanding.INFORMED).exists()


def _may_decide(student, guardian):
    """Whether every unconfirmed guardianship of these two is of a relation that decides."""
    guardianships = Guardianship.objects.unconfirmed().filter(student=student, guardian=guardian)
    return not any(
        map(relation_rules.may_be_informed_only, guardianships.values_list("relation", flat=True))
    )


def _states_of_waiting(student, guardian):
    """What is asked and what this person answered, without the state of the purpose.

    The same for every child: what an older student decides alone would reveal the age.
    """
    terms = terms_of(student.municipality_id)
    decisions = ConsentDecision.objects.filter(student=student, guardian=guardian).latest()
    own_decisions = {decision.purpose: decision for decision in decisions}
    answered = AWAITS_SCHOOL if _may_decide(student, guardian) else AWAITS_SCHOOL_DECISION
    decided = {
        purpose
        for purpose, decision in own_decisions.items()
        if decision.response not in UNDECIDED_RESPONSES
    }
    return [
        PurposeStatus(
            policy, document, answered if policy.purpose in decided else NOT_ANSWERED,
            own_decisions.get(policy.purpose),
            policy.purpose in own_decisions and own_decisions[policy.purpose].document_id != document.pk,
        )
        for policy in terms.policies
        if policy.is_offered and (document := terms.documents.get(policy.purpose))
    ]  # fmt: skip
