"""What a guardian answers by telephone: two people for a yes, at once for a no, and never the
child.
"""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.consent.models import (
    ConfirmedBy,
    ConsentReceipt,
    DeletionCertificate,
    IdentifiedBy,
    Purpose,
    Response,
    SpokenBy,
    TelephoneAnswer,
    TelephoneAnswerState,
)
from apps.consent.services import telephone_answers
from apps.consent.services.decisions import decide
from apps.consent.services.documents import install_seed_documents
from apps.consent.services.ledger_verification import verify_ledger
from apps.consent.services.paper_forms import CannotEnterAnswers
from apps.consent.services.purpose_status import is_effective
from apps.consent.services.scheduled_work import reconcile_all
from apps.people.act_types import LAPSES_AFTER
from apps.people.models import Guardianship, GuardianStanding, Role
from apps.vault.models import SubjectKey
from tests import factories
from tests.browser import form_on

ATTENDANCE, GRADES = Purpose.ATTENDANCE, Purpose.GRADES
YES = {ATTENDANCE: Response.GIVEN}
NO = {ATTENDANCE: Response.WITHDRAWN}
LATE = LAPSES_AFTER + timedelta(minutes=1)


@pytest.fixture
def town(cast):
    install_seed_documents(cast.city)
    cast.second_homeroom = factories.staff_post(
        Role.HOMEROOM, cast.school, in_class=cast.class_1, name="副担任"
    )
    return cast


@pytest.fixture
def linked(town):
    factories.make_effective(town.sakura, ATTENDANCE)
    return town


def tie_of(town):
    return Guardianship.objects.get(guardian=town.midori, student=town.sakura)


def note(town, answers, *, by=None, known_by=IdentifiedBy.EMERGENCY_CARD, form_key=None, **more):
    documents = telephone_answers.documents_to_read(town.sakura)
    asked = {
        "answers": answers, "read": {d.purpose: d.pk for d in documents}, "spoke": SpokenBy.SELF,
        "known_by": known_by, "form_key": form_key or uuid.uuid4(),
        "by": by or town.homeroom.user, **more,
    }  # fmt: skip
    return telephone_answers.enter_call(tie_of(town), **asked)


def confirm(town, call, *, by=None, how=ConfirmedBy.CALLED_BACK):
    return telephone_answers.confirm_call(call, how=how, by=by or town.principal.user)


def child_says_yes(town):
    decide(student=town.sakura, actor=town.sakura.user, answers=YES, form_key=uuid.uuid4())


def the_key(town):
    return SubjectKey.objects.filter(student=town.sakura, purpose=ATTENDANCE).first()


def page(name, *args):
    return reverse(f"admin:consent_telephoneanswer_{name}", args=args)


# -- a yes ----------------------------------------------------------------------------------------


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
    with pytest.raises(CannotEnterAnswers, match="説明が 新しく"):
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


# -- a no -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["withdrawn", "refused", "later"])
def test_a_no_stops_use_at_once_and_the_confirmation_destroys_the_key(linked, said):
    call = note(linked, {ATTENDANCE: said})
    assert not is_effective(linked.sakura, ATTENDANCE)
    for _ in range(2):  # the sweep neither resumes nor destroys it meanwhile
        reconcile_all()
    assert the_key(linked).paused_at and the_key(linked).destroy_after is None
    confirm(linked, call)
    assert the_key(linked) is None
    assert DeletionCertificate.objects.filter(student=linked.sakura).count() == 1


def test_a_no_that_nobody_confirms_is_put_back_and_staff_are_told(linked, sign_in):
    call = note(linked, NO)
    with time_machine.travel(timezone.now() + LATE, tick=False):
        reconcile_all()
        call.refresh_from_db()
        assert call.state == TelephoneAnswerState.LAPSED
        assert is_effective(linked.sakura, ATTENDANCE)
        told = sign_in(linked.principal.user).get(reverse("admin:index")).content.decode()
        assert "また使われている電話の取り下げ" in told
        with pytest.raises(CannotEnterAnswers, match="もう決まった"):
            confirm(linked, call)
        assert "また使われている電話の取り下げ" not in (
            sign_in(linked.nurse.user).get(reverse("admin:index")).content.decode()
        )
    with time_machine.travel(timezone.now() + LATE + timedelta(hours=1), tick=False):
        note(linked, NO)
        assert not telephone_answers.lapsed_refusals(linked.principal.user).exists()


def test_nothing_lapses_before_its_time(linked):
    call = note(linked, NO)
    with time_machine.travel(timezone.now() + LAPSES_AFTER - timedelta(hours=1), tick=False):
        reconcile_all()
        call.refresh_from_db()
        assert call.state == TelephoneAnswerState.WAITING and the_key(linked).paused_at


def test_a_call_that_came_in_stops_use_and_destroys_only_after_the_call_back(linked):
    call = note(linked, NO, known_by=IdentifiedBy.CALLED_IN)
    assert not is_effective(linked.sakura, ATTENDANCE)
    with pytest.raises(CannotEnterAnswers, match="かけなおして"):
        confirm(linked, call, how=ConfirmedBy.LISTENED)
    confirm(linked, call, how=ConfirmedBy.CALLED_BACK)
    assert the_key(linked) is None


def test_nobody_drops_a_no_alone(linked):
    call = note(linked, NO)
    with pytest.raises(CannotEnterAnswers, match="ほかの人"):
        telephone_answers.discard_call(call, by=linked.homeroom.user)
    assert not is_effective(linked.sakura, ATTENDANCE)
    telephone_answers.discard_call(call, by=linked.principal.user)
    assert is_effective(linked.sakura, ATTENDANCE)


def test_a_yes_noted_later_does_not_lift_a_no_by_itself(linked):
    no = note(linked, NO)
    yes = note(linked, YES, by=linked.principal.user)
    reconcile_all()
    assert not is_effective(linked.sakura, ATTENDANCE)
    with pytest.raises(CannotEnterAnswers, match="先にそれを"):
        confirm(linked, no, by=linked.officer.user)
    confirm(linked, yes, by=linked.officer.user)
    reconcile_all()
    assert is_effective(linked.sakura, ATTENDANCE)


def test_a_yes_of_before_is_not_confirmed_past_a_no_of_later(linked):
    yes = note(linked, YES)
    note(linked, NO)
    with pytest.raises(CannotEnterAnswers, match="先にそれを"):
        confirm(linked, yes)
    assert not is_effective(linked.sakura, ATTENDANCE)


def test_the_guardians_own_answer_on_the_site_lifts_what_the_call_stopped(linked):
    note(linked, NO)
    decide(student=linked.sakura, actor=linked.midori.user, answers=YES, form_key=uuid.uuid4())
    reconcile_all()
    assert is_effective(linked.sakura, ATTENDANCE)


def test_nothing_begins_while_a_no_waits(town):
    decide(student=town.sakura, actor=town.midori.user, answers=YES, form_key=uuid.uuid4())
    note(town, NO)
    child_says_yes(town)
    reconcile_all()
    assert the_key(town) is None


# -- who waits, who is kept out -------------------------------------------------------------------


def stand(town, standing):
    ties = Guardianship.objects.filter(pk=tie_of(town).pk)
    ties.update(standing=standing, origin="letter")
    return ties.get()


def test_a_guardian_kept_out_is_not_called_and_nothing_of_theirs_is_confirmed(linked):
    call = note(linked, NO)
    tie = stand(linked, GuardianStanding.KEPT_OUT)
    assert tie not in telephone_answers.guardianships_to_call(linked.homeroom.user)
    with pytest.raises(CannotEnterAnswers, match="登録されていません"):
        note(linked, YES)
    with pytest.raises(CannotEnterAnswers, match="登録されていません"):
        confirm(linked, call)


def test_of_whom_somebody_must_not_know_nobody_calls_home(linked):
    tie = stand(linked, GuardianStanding.DECIDES)
    assert tie in telephone_answers.guardianships_to_call(linked.homeroom.user)
    Guardianship.objects.filter(pk=tie.pk).update(must_stay_unknown=True)
    assert tie not in telephone_answers.guardianships_to_call(linked.homeroom.user)
    with pytest.raises(CannotEnterAnswers, match="登録されていません"):
        note(linked, NO)


def test_who_waits_for_the_school_answers_and_is_not_heard_yet(town):
    factories.guardian(town.sakura, "ほかの人", "other@example.com")
    tie = stand(town, GuardianStanding.WAITING)
    assert tie in telephone_answers.guardianships_to_call(town.homeroom.user)
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


# -- pages ----------------------------------------------------------------------------------------


def filled(client, town, **answers):
    sent = form_on(client.get(page("call", tie_of(town).pk)), having="form_key")
    return {
        **sent,
        "known_by": "number_held",
        "spoke": "interpreter",
        "read_aloud": "on",
        **answers,
    }


def test_from_the_call_to_the_letter_in_admin(linked, sign_in):
    homeroom, principal = sign_in(linked.homeroom.user), sign_in(linked.principal.user)
    listed = homeroom.get(page("choose"), {"school_class": linked.class_1.pk}).content.decode()
    assert page("call", tie_of(linked).pk) in listed
    read = homeroom.get(page("call", tie_of(linked).pk)).content.decode()
    assert "何を:" in read and "お子さん本人やきょうだいに通訳をたのみません" in read
    sent = filled(homeroom, linked, attendance="withdrawn", grades="given")
    done = homeroom.post(page("call", tie_of(linked).pk), sent, follow=True).content.decode()
    assert "いまから使われません" in done and "返事のとおりだと確かめた" not in done
    homeroom.post(page("call", tie_of(linked).pk), sent)
    call = TelephoneAnswer.objects.get()
    letter = homeroom.get(page("letter", call.pk)).content.decode()
    assert "もう使っていません" in letter and "取り下げ" in letter
    assert "二人目まち" in principal.get(reverse("admin:index")).content.decode()
    shown = principal.get(page("change", call.pk)).content.decode()
    assert "返事のとおりだと確かめた" in shown
    how = {"how": "called_back"}
    assert (
        "確かめました"
        in principal.post(page("confirm", call.pk), how, follow=True).content.decode()
    )
    letter = principal.get(page("letter", call.pk)).content.decode()
    assert str(ConsentReceipt.objects.get(channel="telephone").pk) in letter
    assert the_key(linked) is None


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"known_by": ""}, "どう確かめたかを選んでください"),
        ({"spoke": "child"}, "だれが話したかを選んでください"),
        ({"attendance": "nonsense"}, "返事を選びなおしてください"),
        ({"attendance": ""}, "1つは入れてください"),
        ({"read_aloud": ""}, "読み上げてから"),
        ({"known_by": "called_in"}, "かけなおしてください"),
        ({"shown": "\x00old"}, "説明が新しくなりました"),
        ({"form_key": "x"}, "もう一度開いてください"),
    ],
)
def test_what_cannot_be_noted_comes_back_with_a_sentence(town, sign_in, changed, sentence):
    homeroom = sign_in(town.homeroom.user)
    sent = {**filled(homeroom, town, attendance="given"), **changed}
    if "\x00" in sent["shown"]:
        sent["shown"] = "old"
    answer = homeroom.post(page("call", tie_of(town).pk), sent)
    assert answer.status_code == 422 and sentence in answer.content.decode()
    assert not TelephoneAnswer.objects.exists()


def test_answers_to_words_that_changed_meanwhile_are_asked_again(town, sign_in):
    homeroom = sign_in(town.homeroom.user)
    sent = filled(homeroom, town, attendance="given")
    factories.next_document(town.city, ATTENDANCE, by=town.officer.user)
    back = homeroom.post(page("call", tie_of(town).pk), sent)
    assert back.status_code == 422
    again = form_on(back, having="form_key")
    assert again.get("attendance", "") == "" and again["shown"] != sent["shown"]


def test_a_refused_confirmation_says_why_and_changes_nothing(town, sign_in):
    call = note(town, YES)
    same = sign_in(town.homeroom.user).post(page("confirm", call.pk), {"how": "listened"})
    assert same.status_code == 422 and "ほかの人が確かめます" in same.content.decode()
    bare = sign_in(town.principal.user).post(page("confirm", call.pk), {"how": "\u3042"})
    assert bare.status_code == 422 and "どうやって確かめたか" in bare.content.decode()
    sign_in(town.principal.user).get(page("confirm", call.pk))
    assert not ConsentReceipt.objects.exists()


def test_a_child_of_another_class_or_school_is_not_there(town, sign_in):
    call = note(town, YES)
    far_class = factories.school_class(town.away_school, "1年1組", "A1")
    head = factories.staff_post(Role.PRINCIPAL, town.away_school, name="となりの校長")
    other = factories.staff_post(
        Role.HOMEROOM, town.school, in_class=town.class_2, name="2年の担任"
    )
    for user in (head.user, other.user):
        away = sign_in(user)
        assert away.get(page("call", tie_of(town).pk)).status_code == 404
        assert away.post(page("call", tie_of(town).pk), {}).status_code == 404
        for name in ("confirm", "drop", "letter"):
            assert away.get(page(name, call.pk)).status_code == 404
        for name in ("confirm", "drop"):
            assert away.post(page(name, call.pk), {"how": "listened"}).status_code == 404
        with pytest.raises(CannotEnterAnswers, match="立場ではありません"):
            confirm(town, call, by=user)
    assert str(far_class.pk) not in sign_in(town.homeroom.user).get(page("choose")).content.decode()


@pytest.mark.parametrize("who", ["nurse", "office", "helpdesk"])
def test_others_have_no_pages_of_it(town, sign_in, who):
    call = note(town, YES)
    staff = sign_in(getattr(town, who).user)
    for name, args in (
        ("choose", ()), ("call", (tie_of(town).pk,)), ("letter", (call.pk,)), ("changelist", ()),
    ):  # fmt: skip
        assert staff.get(page(name, *args)).status_code == 403


def test_each_step_is_on_record_without_the_answers(linked):
    call = note(linked, NO)
    confirm(linked, call)
    events = AuditEvent.objects.filter(
        action=Action.RECORD_CHANGED, thing_id=str(call.pk)
    ).order_by("pk")
    assert [(e.actor_id, e.fields) for e in events] == [
        (linked.homeroom.user.pk, ["state"]), (linked.principal.user.pk, ["state"]),
    ]  # fmt: skip
    assert not any("withdrawn" in str(vars(event)) for event in events)


# -- not one person alone, all day --------------------------------------------------------------------


def stop_for(town, student, by):
    tie = Guardianship.objects.get(student=student, guardian__isnull=False, ended_at=None)
    documents = telephone_answers.documents_to_read(student)
    return telephone_answers.enter_call(
        tie, answers=NO, read={d.purpose: d.pk for d in documents}, spoke=SpokenBy.SELF,
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
