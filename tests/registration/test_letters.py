"""A letter links one guardian to one child: once, within thirty days."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.consent.services.purpose_status import students_known_to
from apps.core.limits import LIMITS, allow
from apps.people.models import Guardian, Guardianship
from apps.registration.models import InvitationLetter
from apps.registration.services import letters
from tests import factories
from tests.registration.letter_helpers import say_yes

WELCOME, ACCEPT, ENTRY = (
    reverse(f"registration:{name}") for name in ("letter_welcome", "accept_letter", "letter_entry")
)


@pytest.fixture
def waiting(cast):
    """A guardian in the roster who has no account yet."""
    guardian = Guardian.objects.create(
        municipality=cast.city, source_id="g-new", family_name="加賀", given_name="ひかる"
    )
    Guardianship.objects.create(municipality=cast.city, guardian=guardian, student=cast.sakura)
    return guardian


@pytest.fixture
def code(cast, waiting):
    ((_, letter),) = letters.issue_guardian_letters([waiting], by=cast.homeroom.user)
    return letter


def open_letter(client, code):
    return client.post(reverse("registration:letter_entry"), {"code": code}, follow=True)


def test_from_the_letter_to_the_childs_page(client, cast, waiting, code):
    page = open_letter(client, code)
    assert "東和中学校" in page.content.decode()
    assert cast.sakura.given_name not in page.content.decode()
    client.post(
        reverse("account_signup"),
        {
            "email": "hikaru@example.com",
            "password1": factories.PASSWORD,
            "password2": factories.PASSWORD,
        },
    )
    sent = re.search(r"\b([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\b", mail.outbox[-1].body).group(1)
    done = client.post(reverse("account_email_verification_sent"), {"code": sent})
    assert done.url == ACCEPT
    text = client.get(ACCEPT).content.decode()
    assert "東和中学校" in text
    assert cast.sakura.given_name not in text
    client.post(ACCEPT, {"has_secret": "no", "tells_others": "yes"})
    assert InvitationLetter.objects.get().used_at is not None
    waiting.refresh_from_db()
    assert waiting.user is None
    say_yes(waiting, cast.nurse.user)
    waiting.refresh_from_db()
    assert waiting.user.email == "hikaru@example.com"
    assert cast.sakura.full_name in client.get("/").content.decode()


def test_signing_up_with_an_invented_letter_is_closed(client, db):
    open_letter(client, "ABCDEFGHJKMNP")
    client.session["signin.letter"] = "ABCDEFGHJKMNP"
    assert "手紙が必要です" in client.get(reverse("account_signup")).content.decode()


def test_signing_up_without_a_letter_is_closed(client, db):
    page = client.get(reverse("account_signup"))
    assert "手紙が必要です" in page.content.decode()


def test_a_letter_works_once(cast, code):
    letters.accept_guardian_letter(code, factories.user("one@example.com"))
    with pytest.raises(letters.CannotAccept):
        letters.accept_guardian_letter(code, factories.user("two@example.com"))


def test_a_letter_ends_after_thirty_days(code):
    with (
        time_machine.travel(timezone.now() + timedelta(days=31)),
        pytest.raises(letters.CannotAccept),
    ):
        letters.find_letter(code)


def test_a_new_letter_ends_the_old_one(cast, waiting, code):
    letters.issue_guardian_letters([waiting], by=cast.homeroom.user)
    with pytest.raises(letters.CannotAccept):
        letters.find_letter(code)


def test_wrong_used_and_expired_say_the_same(cast, waiting, code):
    letters.accept_guardian_letter(code, factories.user("one@example.com"))
    pages = []
    for tried in (code, "ABCDEFGHJKMNP"):
        body = open_letter(Client(), tried).content.decode()
        pages.append(body[body.index("<main") :].split("csrfmiddlewaretoken")[0])
    assert pages[0] == pages[1]


def test_a_letter_tried_too_often_waits_and_guessing_gets_the_same_answer(cast, waiting, code):
    for tried in ("GUESSED", code):
        for _ in range(LIMITS["letter"].amount):
            allow("letter", tried)
        assert "いま多くの人が使っています" in open_letter(Client(), tried).content.decode()
    assert letters.accept_guardian_letter(code, factories.user("one@example.com"))


def test_an_address_that_guesses_letters_shuts_out_nobody_who_holds_one(cast, waiting, code, hits):
    for n in range(LIMITS["letter.unknown"].amount + 1):
        open_letter(Client(), f"GUESSED{n}")
    assert "letter.unknown" in hits
    assert "東和中学校" in open_letter(Client(), code).content.decode()


def test_a_hall_of_300_guardians_behind_one_address_opens_its_letters(cast):
    codes = []
    for n in range(300):
        guardian = Guardian.objects.create(
            municipality=cast.city, source_id=f"g{n}", family_name="加賀", given_name=f"{n}"
        )
        Guardianship.objects.create(municipality=cast.city, guardian=guardian, student=cast.sakura)
        codes.append(guardian)
    issued = letters.issue_guardian_letters(codes, by=cast.homeroom.user)
    for _, code in issued:
        assert "東和中学校" in open_letter(Client(), code).content.decode()


def test_signing_up_does_not_bypass_the_limit_of_a_letter(client, waiting, code):
    open_letter(client, code)
    for _ in range(LIMITS["letter"].amount):
        allow("letter", code)
    assert "手紙が必要です" in client.get(reverse("account_signup")).content.decode()


def test_a_guardian_with_an_account_takes_the_second_child_over(cast, code):
    other = factories.guardian(cast.ren, "あおば", "aoba@example.com")
    registration = letters.accept_guardian_letter(code, other.user, tells_others=True)
    assert set(students_known_to(other.user)) == {cast.ren}
    say_yes(registration.guardian, cast.nurse.user)
    assert set(students_known_to(other.user)) == {cast.ren, cast.sakura}


def test_a_letter_of_a_guardian_with_an_account_moves_nothing(cast):
    ((_, code),) = letters.issue_guardian_letters([cast.midori], by=cast.homeroom.user)
    with pytest.raises(letters.CannotAccept):
        letters.accept_guardian_letter(code, cast.other_guardian.user)
    assert set(students_known_to(cast.midori.user)) == {cast.sakura}
    assert set(students_known_to(cast.other_guardian.user)) == {cast.ren}


def test_staff_and_students_cannot_become_guardians(cast, code):
    for user in (cast.nurse.user, cast.ren.user):
        with pytest.raises(letters.CannotAccept):
            letters.accept_guardian_letter(code, user)
    assert InvitationLetter.objects.get().used_at is None


def test_opening_the_letter_changes_nothing(client, code):
    open_letter(client, code)
    client.get(ACCEPT)
    assert InvitationLetter.objects.get().used_at is None


def test_accepting_asks_for_sign_in(client, code):
    assert client.post(ACCEPT, {"has_secret": "no", "tells_others": "no"}).status_code == 302
    assert InvitationLetter.objects.get().used_at is None


def test_accepting_without_a_letter_says_so(cast, sign_in):
    assert sign_in(cast.midori.user).get(ACCEPT).status_code == 422


def test_an_empty_number_is_a_sentence(client, db):
    assert client.post(ENTRY, {"code": ""}).status_code == 422


def test_the_office_prints_letters_that_work(cast, waiting, sign_in):
    url = reverse("admin:registration_letters", args=[cast.class_1.pk])
    desk = sign_in(cast.office.user)
    assert "ひかる" in desk.get(url).content.decode()
    page = desk.post(url, {"person": [str(waiting.pk)]}, follow=True).content.decode()
    printed = page.split('class="code">')[1].split("<")[0]
    assert letters.find_letter(printed).guardian == waiting


@pytest.mark.parametrize("who", ["homeroom", "helpdesk", "officer", "nurse"])
def test_nobody_but_office_and_lead_prints_letters(cast, waiting, sign_in, who):
    url = reverse("admin:registration_letters", args=[cast.class_1.pk])
    answer = sign_in(getattr(cast, who).user).post(url, {"person": [str(waiting.pk)]})
    assert answer.status_code == 403
    assert not InvitationLetter.objects.filter(guardian=waiting).exists()


def test_a_letter_works_to_the_end_of_the_day_that_is_printed_on_it(cast, waiting, time_machine):
    time_machine.move_to("2026-11-28T09:00:00+09:00", tick=False)
    ((_, code),) = letters.issue_guardian_letters([waiting], by=cast.homeroom.user)
    time_machine.move_to("2026-12-28T23:59:00+09:00", tick=False)
    assert letters.find_letter(code).guardian == waiting
    time_machine.move_to("2026-12-29T00:01:00+09:00", tick=False)
    with pytest.raises(letters.CannotAccept):
        letters.find_letter(code)


@pytest.mark.time_machine("2026-11-28T09:00:00+09:00")
def test_the_list_says_how_many_days_a_letter_has_and_offers_a_new_one(
    cast, waiting, sign_in, time_machine
):
    letters.issue_guardian_letters([waiting], by=cast.homeroom.user)
    url = reverse("admin:registration_letters", args=[cast.class_1.pk])
    page = sign_in(cast.office.user).get(url).content.decode()
    assert "あと30日" in page
    assert "期限が近い" not in page
    time_machine.move_to("2026-12-26T09:00:00+09:00", tick=False)
    page = sign_in(cast.office.user).get(url).content.decode()
    assert "あと2日" in page
    assert "期限が近い" in page
