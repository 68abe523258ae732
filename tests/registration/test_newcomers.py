"""Registration with a child letter: the newcomer describes themselves and waits for the school."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from apps.audit.models import SecurityEvent, SecurityKind
from apps.core import clock
from apps.people.models import Guardian, GuardianOrigin, Guardianship, GuardianStanding, Relation
from apps.people.permissions import visible_students
from apps.registration.models import GuardianRegistration, RegistrationState
from apps.registration.services import letters
from apps.registration.services.letters import NOT_USABLE
from apps.registration.services.newcomers import FOR_STAFF
from apps.registration.views.letters import ALREADY_GUARDIAN
from apps.signin.services import cards
from tests import factories
from tests.registration.letter_helpers import (
    NEWCOMER,
    child_letter,
    come_in,
    scan,
    waiting_guardianship,
)

ACCEPT, WELCOME = reverse("registration:accept_letter"), reverse("registration:letter_welcome")


def plain(page):
    return re.sub(r"<r[tp][^>]*>.*?</r[tp]>|</?ruby>", "", page.content.decode())


# -- the whole way ---------------------------------------------------------------------------------


def test_from_the_letter_by_a_mail_code_to_waiting(client, town):
    page = scan(client, town.code).content.decode()
    assert "東和中学校" in page
    assert "さくら さんの保護者の方へ" in page
    for hidden in (town.sakura.full_name, town.class_1.title, "みどり"):
        assert hidden not in page
    sign_up = {"email": "Hikaru.New@example.com", "password1": factories.PASSWORD,
            "password2": factories.PASSWORD}  # fmt: skip
    client.post(reverse("account_signup"), sign_up)
    sent = re.search(r"\b([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\b", mail.outbox[-1].body).group(1)
    assert client.post(reverse("account_email_verification_sent"), {"code": sent}).url == ACCEPT
    text = client.get(ACCEPT).content.decode()
    assert "さくら さんの保護者として登録する" in text
    assert town.class_1.title not in text
    assert client.post(ACCEPT, NEWCOMER).url == "/"
    guardian = Guardian.objects.get(origin=GuardianOrigin.LETTER)
    assert (guardian.full_name, guardian.family_kana) == ("加賀 ひかる", "カガ")
    guardianship = waiting_guardianship(guardian.user, town.sakura)
    assert (guardianship.relation, guardianship.origin, guardianship.must_stay_unknown) == (
        "father",
        "letter",
        False,
    )
    registration = GuardianRegistration.objects.get()
    assert (registration.student, registration.school, registration.is_waiting) == (
        town.sakura, town.school, True,
    )  # fmt: skip
    assert not visible_students(guardian.user).exists()


def test_scanning_uses_nothing_up_and_a_second_person_waits_beside_the_first(town, sign_in):
    second = factories.user("second@example.com")
    for account in (town.account, second):
        assert come_in(sign_in(account), town.code).url == "/"
    town.letter.refresh_from_db()
    assert town.letter.used_at is None
    assert {registration.user for registration in town.letter.registrations.all()} == {
        town.account,
        second,
    }
    assert Guardianship.objects.waiting().filter(student=town.sakura).count() == 2


def test_a_repeated_request_is_one_registration(town, sign_in):
    client = sign_in(town.account)
    scan(client, town.code)
    cookies = dict(client.cookies)
    for leads in ("/", reverse("registration:own_statement", args=[town.sakura.pk])):
        client.cookies.update(cookies)
        assert client.post(ACCEPT, NEWCOMER).url == leads
    assert GuardianRegistration.objects.count() == 1
    assert Guardianship.objects.waiting().count() == 1


def test_a_letter_scanned_again_by_who_used_it_leads_to_what_they_said(town, sign_in):
    client = sign_in(town.account)
    come_in(client, town.code)
    page = scan(client, town.code)
    assert page.redirect_chain[-1][0] == reverse(
        "registration:own_statement", args=[town.sakura.pk]
    )
    assert "もう登録しています" in page.content.decode()
    outside = scan(Client(), town.code).content.decode()
    assert reverse("account_login") in outside
    client = Client()  # by the sign-in link of the page
    scan(client, town.code)
    factories.force_sign_in(client, town.account)
    assert client.get(ACCEPT).url == reverse("registration:own_statement", args=[town.sakura.pk])


def test_a_letter_to_a_named_guardian_scanned_again_leads_to_sign_in(cast, sign_in):
    sign_up = Guardian.objects.create(
        municipality=cast.city, source_id="g-1", family_name="加賀", given_name="ひかる"
    )
    factories.guardianship(sign_up, cast.sakura)
    ((_, code),) = letters.issue_guardian_letters([sign_up], by=cast.homeroom.user)
    account = factories.user("hikaru@example.com")
    letters.accept_guardian_letter(code, account)
    assert scan(sign_in(account), code).redirect_chain[-1][0] == "/"
    used = scan(Client(), code)
    assert used.status_code == 422
    assert str(NOT_USABLE) in used.content.decode()
    assert reverse("account_login") in used.content.decode()


def test_the_next_childs_letter_joins_the_same_guardian_and_asks_no_name(town, sign_in):
    client = sign_in(town.account)
    come_in(client, town.code)
    _, code = child_letter(town.ren, town.officer.user)
    page = scan(client, code).content.decode()
    assert "加賀 ひかる" in page
    assert 'name="family_name"' not in page
    come_in(client, code, family_name="べつの", relation="grandparent")
    guardian = Guardian.objects.get(origin=GuardianOrigin.LETTER)
    assert guardian.family_name == "加賀"
    assert set(guardian.guardianships.values_list("student", "relation")) == {
        (town.sakura.pk, "father"), (town.ren.pk, "grandparent"),
    }  # fmt: skip


def test_one_account_has_children_in_several_schools_and_municipalities(town, sign_in):
    other_student = factories.student(factories.school_class(town.away_school), "すみれ")
    client = sign_in(town.account)
    come_in(client, town.code)
    come_in(client, child_letter(other_student, town.away_nurse.user)[1], family_name="Kaga")
    own_cards = Guardian.objects.filter(user=town.account).order_by("family_name")
    assert [(g.municipality.code, g.family_name) for g in own_cards] == [
        (town.away.code, "Kaga"), (town.city.code, "加賀"),
    ]  # fmt: skip


def test_a_guardian_named_by_the_roster_comes_for_another_child_with_the_same_account(
    town, sign_in
):
    client = sign_in(town.midori.user)
    come_in(client, child_letter(town.ren, town.officer.user)[1])
    assert list(visible_students(town.midori.user)) == [town.sakura]
    assert waiting_guardianship(town.midori.user, town.ren).guardian.origin == GuardianOrigin.LETTER
    page = scan(client, town.code)  # さくら is already linked
    assert page.redirect_chain[-1][0] == "/"
    assert str(ALREADY_GUARDIAN) in page.content.decode()
    assert GuardianRegistration.objects.count() == 1


# -- what is asked ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ({"family_name": "  Nguyễn ", "given_name": "Thị  Ánh Tuyết", "family_kana": "",
          "given_kana": ""}, ("Nguyễn", "Thị Ánh Tuyết", "", "")),
        ({"family_name": "O’Brien-da Silva", "given_name": "", "family_kana": "",
          "given_kana": ""}, ("O’Brien-da Silva", "", "", "")),
        ({"family_name": "佐々木", "given_name": "あい", "family_kana": "ささき", "given_kana": ""},
         ("佐々木", "あい", "ササキ", "")),
        ({"family_name": "王", "given_name": "伟", "family_kana": "Wang", "given_kana": "ｳｪｲ"},
         ("王", "伟", "Wang", "ウェイ")),
    ],
)  # fmt: skip
def test_names_in_any_letters_are_kept_as_they_are_written(town, sign_in, typed, stored):
    assert come_in(sign_in(town.account), town.code, **typed).status_code == 302
    found = Guardian.objects.get(user=town.account)
    assert (
        found.family_name,
        found.given_name,
        found.family_kana,
        found.given_kana,
    ) == stored
    assert found.full_name == found.full_name.strip()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("family_name", ""), ("family_name", "　"), ("family_name", "<b>x</b>"),
        ("family_name", "12"), ("family_name", "加\u200b賀"), ("family_name", "あ" * 61),
        ("family_name", "..."), ("family_kana", ""), ("family_kana", "漢字"),
        ("given_kana", "1"), ("relation", ""), ("relation", "brother"), ("language", "xx"),
        ("has_secret", ""), ("has_secret", "x"), ("tells_others", ""), ("tells_others", "x"),
    ],
)  # fmt: skip
def test_what_is_missing_or_no_name_is_asked_again(town, sign_in, field, value):
    answer = come_in(sign_in(town.account), town.code, **{field: value})
    assert answer.status_code == 422
    assert "まちがいが" in plain(answer)
    assert f'id="id_{field}' in answer.content.decode()
    assert not GuardianRegistration.objects.exists()


def test_every_relation_of_the_list_can_be_chosen(town, sign_in):
    client = sign_in(town.account)
    page = scan(client, town.code).content.decode()
    for relation in Relation:
        assert f">{relation.label}</option>" in page
    come_in(client, town.code, relation="home_staff", language="vi")
    assert waiting_guardianship(town.account, town.sakura).relation == Relation.HOME_STAFF
    assert Guardian.objects.get(user=town.account).language == "vi"


def test_where_somebody_must_not_know_nobody_is_told_whatever_else_was_said(town, sign_in):
    come_in(sign_in(town.account), town.code, has_secret="yes", tells_others="yes")
    registration = GuardianRegistration.objects.get()
    assert (registration.has_secret, registration.tells_others) == (True, False)
    assert waiting_guardianship(town.account, town.sakura).must_stay_unknown


# -- accounts that become no guardian ----------------------------------------------------------------


def test_a_student_cannot_become_their_own_mother_and_it_is_noted(town, sign_in):
    client = sign_in(town.sakura.user)
    page = scan(client, town.code)
    assert page.status_code == 422
    assert "生徒の アカウントでは つかえません" in plain(page)
    assert come_in(client, town.code, relation="mother").status_code == 422
    assert not GuardianRegistration.objects.exists()
    assert not Guardian.objects.filter(user=town.sakura.user).exists()
    event = SecurityEvent.objects.filter(detail="student_with_letter").first()
    assert (event.kind, event.user_id) == (SecurityKind.ACCESS_REFUSED, town.sakura.user_id)


def test_a_member_of_staff_is_told_to_use_another_address(town, sign_in):
    client = sign_in(town.homeroom.user)
    for page in (scan(client, town.code), come_in(client, town.code)):
        assert page.status_code == 422
        assert str(FOR_STAFF) in page.content.decode()
    assert not GuardianRegistration.objects.exists()


def test_the_school_sees_that_a_letter_was_opened_where_a_student_was_signed_in(town, sign_in):
    ((_, card),) = cards.issue_cards([town.ren], by=town.homeroom.user)
    tablet = Client()
    tablet.post(reverse("signin:card_entry"), {"code": card})
    tablet.post(reverse("signin:pin"), {"pin": "4827", "again": "4827"})
    assert tablet.session["_auth_user_id"] == str(town.ren.user_id)
    cookie = tablet.cookies["student_device"].value
    assert str(town.ren.pk) not in cookie
    tablet.post(reverse("signin:leave"))
    factories.force_sign_in(tablet, town.account)
    come_in(tablet, town.code)
    other = factories.user("other@example.com")
    come_in(sign_in(other), town.code)
    statement_page = dict(
        GuardianRegistration.objects.values_list("user__email", "on_students_device")
    )
    assert statement_page == {"hikaru@example.com": True, "other@example.com": False}


def test_an_invented_word_in_the_cookie_says_nothing(town, sign_in):
    client = sign_in(town.account)
    client.cookies["student_device"] = "yes"
    come_in(client, town.code)
    assert not GuardianRegistration.objects.get().on_students_device


# -- a second letter ------------------------------------------------------------------------------


def test_after_a_lapse_the_same_letter_lets_the_person_wait_anew(town, sign_in, time_machine):
    client = sign_in(town.account)
    come_in(client, town.code)
    time_machine.move_to(clock.now() + timedelta(days=41), tick=False)
    come_in(sign_in(town.account), town.code, relation="grandparent")
    states = GuardianRegistration.objects.order_by("registered_at").values_list("state", flat=True)
    assert list(states) == [RegistrationState.LAPSED, RegistrationState.WAITING]
    assert waiting_guardianship(town.account, town.sakura).relation == Relation.GRANDPARENT


def test_a_guardianship_kept_out_while_it_waited_stays_unconfirmed(town, sign_in):
    come_in(sign_in(town.account), town.code)
    guardianship = waiting_guardianship(town.account, town.sakura)
    assert guardianship.is_unconfirmed
    Guardianship.objects.filter(pk=guardianship.pk).update(standing=GuardianStanding.KEPT_OUT)
    guardianship.refresh_from_db()
    assert guardianship.is_unconfirmed
    Guardianship.objects.filter(pk=guardianship.pk).update(standing=GuardianStanding.INFORMED)
    guardianship.refresh_from_db()
    assert not guardianship.is_unconfirmed
