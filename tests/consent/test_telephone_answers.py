"""What a guardian answers by telephone: two people for a yes, at once for a no, and never the
child.
"""

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.consent.models import (
    ConsentReceipt,
    IdentifiedBy,
    Response,
    SpokenBy,
    TelephoneAnswer,
    TelephoneAnswerState,
)
from apps.consent.services import telephone_answers
from apps.consent.services.decisions import decide
from apps.consent.services.ledger_verification import verify_ledger
from apps.consent.services.paper_forms import CannotEnterAnswers
from apps.consent.services.purpose_status import is_effective
from apps.consent.services.scheduled_work import reconcile_all
from apps.people.models import Guardianship, GuardianStanding, Role
from tests import factories
from tests.consent.telephone_helpers import (
    ATTENDANCE,
    GRADES,
    NO,
    YES,
    child_says_yes,
    confirm,
    guardianship_of,
    linked,
    note,
    the_key,
    town,
)

__all__ = ["linked", "town"]


def test_a_yes_counts_only_when_a_second_person_has_confirmed_it(town):
    child_says_yes(town)
    call = note(town, YES)
    reconcile_all()
    assert not ConsentReceipt.objects.filter(party="guardian").exists()
    assert not is_effective(town.sakura, ATTENDANCE)
    receipt = confirm(town, call)
    assert (receipt.channel, receipt.guardian) == ("telephone", town.midori)
    assert is_effective(town.sakura, ATTENDANCE)
    assert verify_ledger().findings == []


def test_a_guardian_without_an_account_answers_by_telephone(town):
    town.midori.user = None
    town.midori.save()
    assert confirm(town, note(town, YES)).guardian == town.midori


def test_who_noted_it_does_not_confirm_it_by_any_account(town):
    other = factories.staff_post(Role.PRINCIPAL, town.school, name="同じ人")
    town.homeroom.master_id = other.master_id = uuid.uuid4()
    for post in (town.homeroom, other):
        post.save(update_fields=["master_id"])
    call = note(town, YES)
    for user in (town.homeroom.user, other.user):
        with pytest.raises(CannotEnterAnswers, match="入力した人のほかの人"):
            confirm(town, call, by=user)
    with pytest.raises(IntegrityError), transaction.atomic():
        TelephoneAnswer.objects.update(
            state="confirmed", ended_by=town.homeroom.user, ended_at=timezone.now(),
            confirmed_how="listened", receipt=confirm(town, note(town, YES)),
        )  # fmt: skip


def test_the_second_person_has_another_role(town):
    call = note(town, YES)
    with pytest.raises(CannotEnterAnswers, match="ちがう立場"):
        confirm(town, call, by=town.second_homeroom.user)
    assert confirm(town, call, by=town.officer.user)


def test_a_guardian_of_the_child_confirms_nothing_as_staff(town):
    town.midori.user = town.principal.user
    town.midori.save()
    call = note(town, YES)
    with pytest.raises(CannotEnterAnswers, match="自分の子ども"):
        confirm(town, call)


def test_a_call_that_came_in_brings_no_yes(town):
    with pytest.raises(CannotEnterAnswers, match="かけなおして"):
        note(town, YES, known_by=IdentifiedBy.CALLED_IN)


def test_new_words_since_the_call_make_its_yes_void_and_leave_its_no(linked):
    yes, no = note(linked, {GRADES: Response.GIVEN}), note(linked, NO)
    for purpose in (ATTENDANCE, GRADES):
        factories.next_document(linked.city, purpose, by=linked.officer.user)
    with pytest.raises(CannotEnterAnswers, match="説明が新しく"):
        confirm(linked, yes)
    confirm(linked, no)
    assert the_key(linked) is None


def test_what_the_guardian_said_on_the_site_after_the_call_goes_before(town):
    call = note(town, YES)
    decide(
        student=town.sakura, actor=town.midori.user, answers={ATTENDANCE: Response.REFUSED},
        form_key=uuid.uuid4(),
    )  # fmt: skip
    with pytest.raises(CannotEnterAnswers, match="この電話のあとに"):
        confirm(town, call)


@pytest.mark.parametrize("answers", [{}, {ATTENDANCE: "unsure"}, {"nonsense": "given"}])
def test_only_what_is_asked_can_be_noted(town, answers):
    with pytest.raises(CannotEnterAnswers, match="いまたずねている項目"):
        note(town, answers)


def test_sent_or_confirmed_twice_is_once(town):
    key = uuid.uuid4()
    call = note(town, YES, form_key=key)
    assert note(town, YES, form_key=key) == call
    assert confirm(town, call) == confirm(town, call)
    assert ConsentReceipt.objects.count() == 1


def stand(town, standing):
    guardianships = Guardianship.objects.filter(pk=guardianship_of(town).pk)
    guardianships.update(standing=standing, origin="letter")
    return guardianships.get()


def test_a_guardian_kept_out_is_not_called_and_nothing_of_theirs_is_confirmed(linked):
    call = note(linked, NO)
    guardianship = stand(linked, GuardianStanding.KEPT_OUT)
    assert guardianship not in telephone_answers.guardianships_to_call(linked.homeroom.user)
    with pytest.raises(CannotEnterAnswers, match="登録されていません"):
        note(linked, YES)
    with pytest.raises(CannotEnterAnswers, match="登録されていません"):
        confirm(linked, call)


def test_of_whom_somebody_must_not_know_nobody_calls_home(linked):
    guardianship = stand(linked, GuardianStanding.DECIDES)
    assert guardianship in telephone_answers.guardianships_to_call(linked.homeroom.user)
    Guardianship.objects.filter(pk=guardianship.pk).update(must_stay_unknown=True)
    assert guardianship not in telephone_answers.guardianships_to_call(linked.homeroom.user)
    with pytest.raises(CannotEnterAnswers, match="登録されていません"):
        note(linked, NO)


def test_who_waits_for_the_school_answers_and_is_not_heard_yet(town):
    factories.guardian(town.sakura, "ほかの人", "other@example.com")
    guardianship = stand(town, GuardianStanding.WAITING)
    assert guardianship in telephone_answers.guardianships_to_call(town.homeroom.user)
    factories.make_effective(town.ren, ATTENDANCE)
    for guardian in town.sakura.guardianships.deciding():
        decide(
            student=town.sakura, actor=guardian.guardian.user, answers=YES, form_key=uuid.uuid4()
        )
    child_says_yes(town)
    assert is_effective(town.sakura, ATTENDANCE)
    call = note(town, NO)
    assert is_effective(town.sakura, ATTENDANCE)
    assert confirm(town, call).guardian == town.midori
    assert is_effective(town.sakura, ATTENDANCE)


def stop_for(town, student, by):
    guardianship = Guardianship.objects.get(student=student, guardian__isnull=False, ended_at=None)
    documents = telephone_answers.documents_to_read(student)
    return telephone_answers.enter_call(
        guardianship, answers=NO, read={d.purpose: d.pk for d in documents}, spoke=SpokenBy.SELF,
        known_by=IdentifiedBy.EMERGENCY_CARD, form_key=uuid.uuid4(), by=by,
    )  # fmt: skip


def test_one_person_stops_few_a_day_until_a_second_has_looked(town):
    students = [factories.student(town.class_1, f"せいと{n}", number=20 + n) for n in range(4)]
    for student in students:
        factories.make_effective(student, ATTENDANCE)
    calls = [stop_for(town, student, town.homeroom.user) for student in students[:3]]
    with pytest.raises(CannotEnterAnswers, match="まだだれも確かめていません"):
        stop_for(town, students[3], town.homeroom.user)
    assert is_effective(students[3], ATTENDANCE)
    stop_for(town, students[3], town.second_homeroom.user)  # somebody else continues
    confirm(town, calls[0])
    unlinked = factories.student(town.class_1, "べつ", number=30)
    factories.guardian(unlinked, "べつの", email="betsu@example.com")
    stop_for(town, unlinked, town.homeroom.user)  # nothing was in use: not counted


def test_a_no_to_what_was_never_in_use_is_not_counted(town):
    for n in range(5):
        student = factories.student(town.class_1, f"せいと{n}", number=20 + n)
        factories.guardian(student, f"おや{n}", email=f"oya{n}@example.com")
        stop_for(town, student, town.homeroom.user)
    assert TelephoneAnswer.objects.filter(state=TelephoneAnswerState.WAITING).count() == 5
