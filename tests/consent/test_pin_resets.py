"""A withdrawal with a PIN that staff reset stops everything and destroys nothing unconfirmed."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apps.consent.models import ConsentReceipt, Purpose
from apps.consent.services.decisions import decide, withdraw
from apps.consent.services.purpose_status import CannotDecide, is_effective
from apps.consent.services.scheduled_work import reconcile_all
from apps.people.models import PendingAct, Student
from apps.people.services import pending_acts
from apps.signin.services import cards, pin_resets
from apps.vault.models import SubjectKey
from tests import factories
from tests.page_text import text_of

ATTENDANCE = Purpose.ATTENDANCE


@pytest.fixture
def renewed(cast):
    """さくら has agreed; the homeroom teacher has reset her PIN."""
    factories.make_effective(cast.sakura, ATTENDANCE)
    ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    factories.choose_own_pin(code, "7305")
    pin_resets.reset_pin(cast.sakura, by=cast.homeroom.user, reason="本人が わすれたため")
    cards.set_first_pin(code, "8416")
    cast.code = code
    cast.sakura.user.refresh_from_db()  # earlier sessions have ended with the PIN
    return cast


def end(cast, actor=None):
    actor = actor or cast.sakura.user
    student = Student.objects.get(pk=cast.sakura.pk)
    withdraw(student=student, actor=actor, purpose=ATTENDANCE, form_key=uuid4())


def key():
    return SubjectKey.objects.filter(purpose=ATTENDANCE).first()


def test_a_withdrawal_with_an_unconfirmed_card_stops_at_once_and_destroys_nothing(renewed):
    end(renewed)
    assert not is_effective(renewed.sakura, ATTENDANCE)
    assert (key().paused_at is not None, key().destroy_after) == (True, None)
    with time_machine.travel(timezone.now() + timedelta(days=30)):
        reconcile_all()
        assert key().destroy_after is None


def test_the_key_goes_once_somebody_else_confirms_that_the_student_was_there(renewed):
    end(renewed)
    act = PendingAct.objects.get(kind="pin.reset")
    with pytest.raises(pending_acts.CannotAct):
        pending_acts.confirm(act, by=renewed.homeroom.user)
    pending_acts.confirm(act, by=renewed.nurse.user)
    pin_resets.apply_resets()
    reconcile_all()
    assert key() is None


def test_the_act_says_in_numbers_what_confirming_destroys(renewed, sign_in):
    act = PendingAct.objects.get(kind="pin.reset")
    address = reverse("admin:people_pendingact_change", args=[act.pk])
    confirm = reverse("admin:people_pendingact_confirm", args=[act.pk])
    nurse = sign_in(renewed.nurse.user)
    before = nurse.get(address).context
    assert [number for number, _ in before["later"]] == [0]
    end(renewed)
    for seen in (before["seen"], ""):  # the page opened before holds another number
        nurse.post(confirm, {"seen": seen})
        act.refresh_from_db()
        assert act.confirmed_at is None
    page = nurse.get(address)
    assert [number for number, _ in page.context["later"]] == [1]
    assert "確かめると、その記録は消えます" in page.content.decode()
    nurse.post(confirm, {"seen": page.context["seen"]})
    act.refresh_from_db()
    assert act.confirmed_by == renewed.nurse.user


def test_a_withdrawal_after_the_confirmation_is_final_at_once(renewed):
    pending_acts.confirm(PendingAct.objects.get(kind="pin.reset"), by=renewed.nurse.user)
    pin_resets.apply_resets()
    end(renewed)
    assert key() is None


def test_a_guardians_withdrawal_is_final_whatever_became_of_the_card(renewed):
    end(renewed, actor=renewed.midori.user)
    assert key() is None


def test_an_unconfirmed_withdrawal_is_taken_back_once_the_student_was_there(renewed):
    end(renewed)
    before = key().pk
    student = Student.objects.get(pk=renewed.sakura.pk)
    given = {ATTENDANCE: "given"}
    with pytest.raises(CannotDecide):  # the new PIN alone agrees to nothing
        decide(student=student, actor=renewed.sakura.user, answers=given, form_key=uuid4())
    assert key().paused_at is not None
    pending_acts.confirm(PendingAct.objects.get(kind="pin.reset"), by=renewed.nurse.user)
    pin_resets.apply_resets()
    student.refresh_from_db()
    decide(student=student, actor=renewed.sakura.user, answers=given, form_key=uuid4())
    assert (key().pk, key().paused_at) == (before, None)


def test_a_confirmation_that_was_stopped_leaves_the_key_paused(renewed):
    end(renewed)
    pending_acts.stop(PendingAct.objects.get(kind="pin.reset"), by=renewed.nurse.user)
    pin_resets.apply_resets()
    reconcile_all()
    assert (key().paused_at is not None, key().destroy_after) == (True, None)


def test_a_second_reset_does_not_prove_what_was_ended_before_it(renewed):
    end(renewed)
    pin_resets.reset_pin(renewed.sakura, by=renewed.homeroom.user, reason="もう一度 わすれたため")
    assert PendingAct.objects.open().filter(kind="pin.reset").count() == 1
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        reconcile_all()
        assert (key().paused_at is not None, key().destroy_after) == (True, None)


def test_a_first_card_is_no_reset(cast):
    factories.make_effective(cast.sakura, ATTENDANCE)
    cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    end(cast)
    assert key() is None


def test_a_guardian_reads_nothing_of_the_reset(renewed, sign_in):
    client = sign_in(renewed.midori.user)
    page = client.get(reverse("portal:home")).content.decode()
    assert "暗証番号を決めなおし" not in page


# -- what the pages promise -------------------------------------------------------------------------


def page_of(sign_in, user, student):
    address = reverse("consent:withdraw", args=[student.pk, ATTENDANCE])
    return text_of(sign_in(user).get(address).content.decode())


def test_a_student_is_told_that_it_goes_once_somebody_has_confirmed(renewed, sign_in):
    page = page_of(sign_in, renewed.sakura.user, renewed.sakura)
    assert "べつの 先生が 確かめた あとで 消えます" in page
    assert "もどせません" not in page
    end(renewed)
    address = reverse("consent:receipt", args=[ConsentReceipt.objects.latest("decided_at").pk])
    receipt = text_of(sign_in(renewed.sakura.user).get(address).content.decode())
    assert "べつの 先生が 確かめた あとで 消えます" in receipt
    assert "もう 読めません" not in receipt


def test_once_it_is_confirmed_the_page_promises_at_once_again(renewed, sign_in):
    pending_acts.confirm(PendingAct.objects.get(kind="pin.reset"), by=renewed.nurse.user)
    pin_resets.apply_resets()
    page = page_of(sign_in, renewed.sakura.user, renewed.sakura)
    assert "もとには もどせません" in page
    assert "確かめた あとで" not in page


def test_a_guardian_is_promised_what_is_so_for_a_guardian(renewed, sign_in):
    page = page_of(sign_in, renewed.midori.user, renewed.sakura)
    assert "元にはもどせません" in page
    assert "ほかの職員" not in page
