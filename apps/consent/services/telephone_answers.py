"""Answers by telephone: noted by one member of staff, confirmed by a second in another role.

A yes counts from the confirmation on. What is refused or withdrawn is not used from the note on
(telephone_stops); the key is destroyed by the confirmation, or put back in use where nobody
confirms within LAPSES_AFTER.
"""

import logging
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.audit.models import Audience
from apps.consent.models import (
    Channel,
    ConfirmedBy,
    ConsentDecision,
    ConsentDocument,
    ConsentReceipt,
    IdentifiedBy,
    Response,
    SpokenBy,
    TelephoneAnswer,
    TelephoneAnswerState,
)
from apps.consent.services.decision_context import load_decision_context
from apps.consent.services.effectiveness import decides_alone, terms_of
from apps.consent.services.key_reconciliation import reconcile_keys
from apps.consent.services.paper_forms import CannotEnterAnswers, decide_as_entered
from apps.consent.services.telephone_caps import check_stops_of_today
from apps.core import clock
from apps.people.act_types import LAPSES_AFTER
from apps.people.models import Guardianship, Student, User
from apps.people.permissions import posts_with, students_where
from apps.people.person_match_rules import PersonMatch, TypedPerson
from apps.people.post_scope import post_includes_student
from apps.people.services import kept_out_people
from apps.people.services.person_accounts import (
    OWN_FAMILY_REFUSED,
    children_of_person,
    is_same_person,
)
from apps.people.services.recorded_changes import record_change
from apps.vault.models import SubjectKey

ENTER_VERB = "paper.enter"  # who enters what a guardian answers other than online
TELEPHONE_RESPONSES = (Response.GIVEN, Response.REFUSED, Response.WITHDRAWN, Response.LATER)
LAPSED_SHOWN_FOR = 2 * LAPSES_AFTER  # how long a lapsed withdrawal stands on きょう
log = logging.getLogger(__name__)


def guardianships_to_call(user: User) -> QuerySet[Guardianship]:
    """The guardians whom this person may call: they decide, or wait for the school.

    Never guardians who are kept out, nor about a child of the caller's own family; nor hidden
    guardians: the number that the school holds may be answered by the person who must not know of
    them.
    """
    known = Student.objects.enrolled().filter(students_where(user, ENTER_VERB))
    may_answer = Guardianship.objects.deciding() | Guardianship.objects.waiting()
    return may_answer.filter(student__in=known.values("pk"), must_stay_unknown=False)


def documents_to_read(student: Student) -> list[ConsentDocument]:
    """Today's documents that a guardian of this student answers, in the order of the policy."""
    terms = terms_of(student.municipality_id)
    linked = set(SubjectKey.objects.filter(student=student).values_list("purpose", flat=True))
    return [
        terms.documents[policy.purpose]
        for policy in terms.policies
        if policy.purpose in terms.documents
        and (policy.is_offered or policy.purpose in linked)
        and not decides_alone(policy, student)
    ]


@transaction.atomic
def enter_call(
    guardianship: Guardianship, *, answers: dict, read: dict, spoke: str, known_by: str, form_key: UUID,
    by: User,
) -> TelephoneAnswer:  # fmt: skip
    """Write down a guardian's answers; a yes does not count yet, anything else stops use now.

    ``answers`` is {purpose: Response}, ``read`` {purpose: id of the document read aloud}. The same
    form sent twice is one entry. Raises CannotEnterAnswers.
    """
    student = Student.objects.select_for_update(no_key=True).get(pk=guardianship.student_id)
    own_answers = TelephoneAnswer.objects.filter(entered_by=by, student=student, form_key=form_key)
    if earlier := own_answers.first():
        return earlier
    role = next(iter(_roles(by, student)), None)
    _check_staff(student, by, role)
    _check_guardian(student.pk, guardianship.guardian_id)
    _check_answers(student, answers, read, spoke, known_by)
    check_stops_of_today(student, answers, by)
    call = TelephoneAnswer(
        municipality_id=student.municipality_id,
        student=student,
        guardian_id=guardianship.guardian_id,
        documents={str(purpose): str(read[purpose]) for purpose in answers},
        answers={str(purpose): str(response) for purpose, response in answers.items()},
        spoke=spoke,
        known_by=known_by,
        form_key=form_key,
        entered_by=by,
        entered_role=role,
        entered_at=clock.now(),
    )
    call.save(force_insert=True)
    _record(call, by, role)
    _reconcile(call, by, role)
    return call


@transaction.atomic
def confirm_call(call: TelephoneAnswer, *, how: str, by: User) -> ConsentReceipt:
    """A second person in another role confirms: now it is decided, and the key follows.

    Raises CannotEnterAnswers where it is the same person or role, a document agreed to has changed
    since, or the guardian has answered otherwise since.
    """
    student, call = _locked(call)
    if call.receipt is not None:
        return call.receipt
    role = next((r for r in _roles(by, student) if r != call.entered_role), None)
    _check_waits(call)
    _check_second(call, by, role, student)
    if how not in ConfirmedBy.values:
        raise CannotEnterAnswers("どうやって確かめたかを選んでください。")
    if call.known_by == IdentifiedBy.CALLED_IN and how != ConfirmedBy.CALLED_BACK:
        raise CannotEnterAnswers("かかってきた電話は、かけなおして聞いてから確かめます。")
    _check_guardian(student.pk, call.guardian_id)
    _check_newest(call)
    receipt = decide_as_entered(
        call, student, by=by, read=_read_for_yes(call), channel=Channel.TELEPHONE
    )
    call.receipt, call.confirmed_how = receipt, how
    _end(call, TelephoneAnswerState.CONFIRMED, by, role)
    return receipt


@transaction.atomic
def discard_call(call: TelephoneAnswer, *, by: User) -> None:
    """Discard the entry (a mistake, a changed answer). Raises CannotEnterAnswers.

    One that stops something needs the second person as well: nobody alone removes a guardian's no.
    """
    student, call = _locked(call)
    _check_waits(call)
    roles = _roles(by, student)
    if call.stops:
        role = next((r for r in roles if r != call.entered_role), None)
        _check_second(call, by, role, student)
    else:
        role = next(iter(roles), None)
        _check_staff(student, by, role)
    _end(call, TelephoneAnswerState.DROPPED, by, role)
    _reconcile(call, by, role)


def lapse_unconfirmed_calls() -> int:
    """End the entries that nobody confirmed in time, resume what they had stopped; how many."""
    late = Q(entered_at__lte=clock.now() - LAPSES_AFTER)
    ids = TelephoneAnswer.objects.filter(late, state=TelephoneAnswerState.WAITING).values_list(
        "pk", flat=True
    )
    return sum(_lapse(pk) for pk in list(ids))


def calls_awaiting(user: User) -> list[TelephoneAnswer]:
    """The entries that wait for this person's confirmation, oldest first."""
    waiting = _known_to(user).filter(state=TelephoneAnswerState.WAITING).select_related("student")
    return [
        call for call in waiting.order_by("entered_at") if not why_not_second_person(call, user)
    ]


def lapsed_refusals(user: User) -> QuerySet[TelephoneAnswer]:
    """Lapsed entries of the last two weeks that had stopped something, with no later entry."""
    later = TelephoneAnswer.objects.filter(
        student=OuterRef("student"), guardian=OuterRef("guardian"),
        entered_at__gt=OuterRef("entered_at"),
    )  # fmt: skip
    lapsed = _known_to(user).filter(~Exists(later), state=TelephoneAnswerState.LAPSED)
    stopping = lapsed.filter(ended_at__gt=clock.now() - LAPSED_SHOWN_FOR).only("answers")
    return lapsed.filter(pk__in=[call.pk for call in stopping if call.stops])


def why_not_second_person(call: TelephoneAnswer, user: User) -> str:
    """Why this person cannot be the second one; "" where they can."""
    role = next((r for r in _roles(user, call.student) if r != call.entered_role), None)
    try:
        _check_second(call, user, role, call.student)
    except CannotEnterAnswers as error:
        return str(error)
    return ""


def _known_to(user):
    known = Student.objects.filter(students_where(user, ENTER_VERB)).values("pk")
    return TelephoneAnswer.objects.filter(student__in=known)


def _roles(user, student):
    """The roles in which this person may enter or confirm about the student."""
    return [
        post.role for post in posts_with(user, ENTER_VERB) if post_includes_student(post, student)
    ]


def _locked(call):
    student = Student.objects.select_for_update(no_key=True).get(pk=call.student_id)
    return student, TelephoneAnswer.objects.select_for_update().get(pk=call.pk)


def _check_waits(call):
    if call.state != TelephoneAnswerState.WAITING:
        raise CannotEnterAnswers("もう決まった電話の返事です。変わったときは、新しく入力します。")


def _check_staff(student, by, role):
    if role is None:
        raise CannotEnterAnswers("この生徒の電話の返事をあつかう立場ではありません。")
    if student.pk in children_of_person(by):
        raise CannotEnterAnswers(OWN_FAMILY_REFUSED)


def _check_second(call, by, role, student):
    if is_same_person(by, call.entered_by_id):
        raise CannotEnterAnswers("入力した人のほかの人が確かめます。")
    if role is None and _roles(by, student):
        raise CannotEnterAnswers("入力した人とちがう立場の人が確かめます。")
    _check_staff(student, by, role)


def _check_guardian(student_id, guardian_id):
    guardianships = Guardianship.objects.deciding() | Guardianship.objects.waiting()
    guardianships = guardianships.filter(must_stay_unknown=False)
    found = guardianships.filter(student=student_id, guardian=guardian_id)
    guardianship = found.select_related("guardian__user").first()
    if guardianship is None or not without_kept_out([guardianship]):
        raise CannotEnterAnswers("いまは、この生徒のことを答える保護者として登録されていません。")


def without_kept_out(guardianships: Iterable[Guardianship]) -> list[Guardianship]:
    """Without who waits for the school with the address of somebody kept out from the child."""
    found = list(guardianships)
    rows = kept_out_people.rows_by_student({each.student_id for each in found})
    return [each for each in found if not _has_address_of(each, rows[each.student_id])]


def _has_address_of(guardianship, people):
    user = guardianship.guardian.user if guardianship.is_unconfirmed else None
    match = kept_out_people.match_of(people, TypedPerson(mail=user.email)) if user else None
    return match == PersonMatch.CONTACT


def _check_answers(student, answers, read, spoke, known_by):
    if spoke not in SpokenBy.values or known_by not in IdentifiedBy.values:
        raise CannotEnterAnswers("話した人と、だれか確かめた方法を選んでください。")
    now = {str(document.purpose): document.pk for document in documents_to_read(student)}
    if not answers or set(answers) - set(now) or set(answers.values()) - set(TELEPHONE_RESPONSES):
        raise CannotEnterAnswers("いまたずねている項目の返事を、1つは入れてください。")
    if any(read.get(purpose) != now[purpose] for purpose in answers):
        raise CannotEnterAnswers(
            "説明が新しくなりました。新しい文を読み上げて、もう一度聞いてください。"
        )
    if known_by == IdentifiedBy.CALLED_IN and Response.GIVEN in answers.values():
        raise CannotEnterAnswers(
            "かかってきた電話では、同意を受けられません。学校が前から知っていた番号にかけなおしてください。"
        )


def _check_newest(call):
    """A later answer of the same guardian, online or by telephone, takes precedence."""
    same = {"student": call.student_id, "guardian": call.guardian_id}
    decisions = ConsentDecision.objects.filter(
        **same, purpose__in=call.answers, decided_at__gt=call.entered_at
    )
    if decisions.exists():
        raise CannotEnterAnswers(
            "この電話のあとに、同じ保護者が返事をしています。この電話の返事は使いません。"
        )
    later = TelephoneAnswer.objects.filter(
        **same, state=TelephoneAnswerState.WAITING, entered_at__gt=call.entered_at
    )
    if any(set(other.answers) & set(call.answers) for other in later):
        raise CannotEnterAnswers(
            "同じ保護者の、あとの電話の返事が確認を待っています。先にそれを確かめてください。"
        )


def _read_for_yes(call):
    """The versions read aloud, for what was agreed to: a no holds for any version."""
    return {
        purpose: UUID(call.documents[purpose])
        for purpose, response in call.answers.items()
        if response == Response.GIVEN
    }


def _reconcile(call, by, role):
    """Bring the keys of what an entry stops in line: paused with it, in use again without it."""
    purposes = [purpose for purpose, response in call.answers.items() if response != Response.GIVEN]
    if purposes:
        reconcile_keys(
            load_decision_context([call.student])[call.student_id],
            purposes=purposes,
            actor=by,
            role=role,
        )


def _lapse(pk):
    """End one entry that is still late and unconfirmed; whether it was."""
    try:
        with transaction.atomic():
            _, call = _locked(TelephoneAnswer.objects.get(pk=pk))
            if call.state != TelephoneAnswerState.WAITING:
                return False
            _end(call, TelephoneAnswerState.LAPSED, None, "system")
            _reconcile(call, None, "system")
    except Exception as error:  # one student's row must not keep all others waiting
        log.exception("telephone answer %s not ended: %s", pk, type(error).__name__)
        return False
    return True


def _end(call, state, by, role):
    call.state, call.ended_by, call.ended_at = state, by, clock.now()
    call.save(update_fields=["state", "ended_by", "ended_at", "receipt", "confirmed_how"])
    _record(call, by, role)


def _record(call, by, role):
    """Record an event; hidden from the family where a guardian of the child must stay unknown."""
    hidden = Guardianship.objects.named().filter(
        Q(must_stay_unknown=True) | Q(is_unconfirmed=True),
        student=call.student_id, guardian=call.guardian_id,
    )  # fmt: skip
    record_change(
        call, by, ["state"], role=role, student_id=call.student_id,
        audience=Audience.PROTECTIVE if hidden.exists() else Audience.OPEN,
    )  # fmt: skip
