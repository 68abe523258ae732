"""Staff hand out cards; they cannot act as the student, and nobody reads the student's answers."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apps.helpline.services import help_requests
from apps.people.models import StaffPost, Student
from apps.people.services import pending_acts
from apps.registration.services import code_renewals, print_runs
from apps.signin.models import LoginCard
from apps.signin.services import cards, pin_resets
from tests import factories
from tests.signin.own_words_helpers import (
    NEW_PIN,
    PIN,
    PROVE,
    REPLY,
    WORDS,
    answered,
    confirm,
    own_pages,
    reset,
    signed_in,
)

# -- who hands out cards -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [("homeroom", 200), ("helpdesk", 200), ("principal", 404), ("officer", 404), ("nurse", 403)],
)
def test_only_homeroom_and_helpdesk_hand_out_a_card(cast, sign_in, who, status):
    page = reverse("admin:registration_cards", args=[cast.class_1.pk])
    answer = sign_in(getattr(cast, who).user).get(page)
    assert answer.status_code in ({status} if status == 200 else {403, 404})


def test_whoever_prints_letters_only_reads_of_no_card_sheet(cast, sign_in):
    sheet = print_runs.print_cards([cast.sakura], school_class=cast.class_1, by=cast.homeroom.user)
    listed = reverse("admin:registration_printedsheet_changelist")
    answer = sign_in(cast.principal.user).get(listed)
    assert answer.status_code == 200
    assert str(sheet.pk) not in answer.content.decode()


def test_a_renewal_is_refused_to_who_may_not_hand_out_even_past_the_page(wrote):
    card = LoginCard.objects.valid().get()
    with pytest.raises(pending_acts.CannotAct):
        code_renewals.propose_renewal(
            "cards", {card.pk: wrote.sakura}, of_class=wrote.class_1, by=wrote.principal.user,
            reason="なくしたと 言っているため",
        )  # fmt: skip
    assert LoginCard.objects.valid().get() == card


# -- a first card ------------------------------------------------------------------------------


@pytest.fixture
def had(cast):
    """さくら has answers written with a school account; then a first card is printed."""
    StaffPost.objects.update(begins_on=None)
    factories.duty_roster(cast)
    cast.request = answered(cast)
    ((_, cast.code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    return cast


def test_whoever_chooses_the_first_pin_reads_nothing_of_what_was_there_before(had, client):
    cards.set_first_pin(had.code, PIN)
    signed_in(client, had.code, PIN)
    client.post(PROVE, {"pin": PIN, "next": "/"})
    for address, how in own_pages(had):
        body = getattr(client, how)(address).content.decode()
        assert WORDS not in body, address
        assert REPLY not in body, address
    assert client.session["_auth_user_id"] == str(had.sakura.user.pk)
    assert Student.objects.get(pk=had.sakura.pk).closed_before is not None


def test_a_reset_that_is_confirmed_opens_what_was_before_the_first_pin(had, client):
    cards.set_first_pin(had.code, PIN)
    had.sakura.refresh_from_db()
    reset(had)
    confirm(had)
    signed_in(client, had.code, NEW_PIN)
    client.post(PROVE, {"pin": NEW_PIN, "next": "/"})
    assert REPLY in client.get(reverse("helpline:status")).content.decode()


def test_what_was_before_a_first_pin_opens_once_somebody_saw_the_student_choose_it(had, client):
    factories.choose_own_pin(had.code, PIN)
    signed_in(client, had.code, PIN)
    client.post(PROVE, {"pin": PIN, "next": "/"})
    assert REPLY in client.get(reverse("helpline:status")).content.decode()


def test_a_pin_reset_while_a_first_one_waits_closes_what_was_written_meanwhile(cast):
    ((_, code),) = cards.issue_cards([cast.ren], by=cast.homeroom.user)
    cards.set_first_pin(code, PIN)
    factories.duty_roster(cast)
    student = Student.objects.get(pk=cast.ren.pk)
    help_requests.send_help_request(
        student=student, wanted="nurse", words=WORDS, form_key=uuid.uuid4()
    )
    assert len(help_requests.requests_of(student)) == 1
    pin_resets.reset_pin(student, by=cast.helpdesk.user, reason="わすれて 本人が 来たため")
    cards.set_first_pin(code, NEW_PIN)
    assert not help_requests.requests_of(Student.objects.get(pk=student.pk))


# -- a new card keeps the PIN ------------------------------------------------------------------


def test_a_new_card_opens_with_the_old_pin_and_with_no_other(wrote):
    ((_, code),) = cards.replace_cards([LoginCard.objects.valid().get().pk], by=wrote.homeroom.user)
    with pytest.raises(cards.CannotSignIn):
        cards.set_first_pin(code, NEW_PIN)
    with pytest.raises(cards.CannotSignIn):
        cards.sign_in_with_card(code, NEW_PIN)
    assert cards.sign_in_with_card(code, PIN) == wrote.sakura.user
    ((_, third),) = cards.issue_cards([wrote.sakura], by=wrote.homeroom.user)
    assert cards.sign_in_with_card(third, PIN) == wrote.sakura.user


def test_new_cards_give_no_new_tries_at_the_pin(wrote):
    code = wrote.code
    for n in range(9):
        with time_machine.travel(timezone.now() + timedelta(hours=n)):
            with pytest.raises(cards.CannotSignIn):
                cards.sign_in_with_card(code, "0193")
            ((_, code),) = cards.issue_cards([wrote.sakura], by=wrote.homeroom.user)
    assert LoginCard.objects.valid().get().failures == 9


def test_an_old_session_ends_with_the_old_card(wrote, client):
    assert signed_in(client, wrote.code, PIN).status_code == 302
    assert client.get(reverse("checkins:frequency")).status_code == 200
    cards.issue_cards([wrote.sakura], by=wrote.homeroom.user)
    assert client.get(reverse("checkins:frequency")).status_code == 302
    assert "_auth_user_id" not in client.session


def test_an_old_session_ends_with_the_old_pin(wrote, client):
    signed_in(client, wrote.code, PIN)
    pin_resets.reset_pin(wrote.sakura, by=wrote.homeroom.user, reason="わすれて 本人が 来たため")
    assert client.get(reverse("checkins:frequency")).status_code == 302
