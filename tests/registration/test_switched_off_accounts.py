"""enabledUser=false: the person keeps everything, and may not sign in."""

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.people.models import Guardian, Role, StaffPost, Student
from apps.people.permissions import may
from apps.registration.models import InvitationLetter
from apps.registration.services import letters, print_runs
from apps.roster import words
from apps.roster.models import ImportState
from apps.roster.services import imports
from apps.signin.models import LoginCard
from apps.signin.services import cards
from apps.signin.services.access import STOPPED_BY_ROSTER, access_of
from tests import factories
from tests.roster import zips

pytestmark = pytest.mark.django_db


def take_in(content):
    return imports.check_and_import_roster(content, "r.zip", by=None)


def off(content, person, word="false"):
    """The roster with a person disabled."""
    rows = f'"{person.source_id}","","","true"', f'"{person.source_id}","","","{word}"'
    return zips.changed(content, "users.csv", zips.swapped(*rows))


@pytest.fixture
def sakura():
    take_in(zips.good())
    return Student.objects.get(given_name="さくら")


def card_of(student):
    ((_, code),) = cards.issue_cards([student], by=None)
    cards.set_first_pin(code, "4826")
    return code


def test_a_disabled_student_stays_enrolled_and_cannot_sign_in(sakura):
    code = card_of(sakura)
    assert cards.sign_in_with_card(code, "4826") is not None
    take_in(off(zips.good(), sakura))
    sakura.refresh_from_db()
    assert (sakura.is_enrolled, sakura.is_enabled) == (True, False)
    with pytest.raises(cards.CannotSignIn, match="名簿"):
        cards.sign_in_with_card(code, "4826")
    take_in(zips.good())
    assert cards.sign_in_with_card(code, "4826") is not None


def test_a_first_pin_is_not_chosen_either(sakura):
    ((_, code),) = cards.issue_cards([sakura], by=None)
    take_in(off(zips.good(), sakura))
    with pytest.raises(cards.CannotSignIn, match="先生") as refusal:
        cards.set_first_pin(code, "4826")
    assert "名簿" not in str(refusal.value)


def test_a_card_without_its_pin_does_not_tell_that_its_owner_is_switched_off(sakura):
    code = card_of(sakura)
    with pytest.raises(cards.CannotSignIn) as before:
        cards.sign_in_with_card(code, "1111")
    take_in(off(zips.good(), sakura))
    for verb in (cards.sign_in_with_card, cards.set_first_pin):
        with pytest.raises(cards.CannotSignIn) as after:
            verb(code, "1111")
        assert str(after.value) == str(before.value)
    assert LoginCard.objects.get().failures == 2  # wrong PINs count as for everybody


def test_the_page_of_a_student_disabled_meanwhile_is_the_sign_in_page(sakura, client):
    user = cards.sign_in_with_card(card_of(sakura), "4826")
    factories.force_sign_in(client, user)
    assert client.get(reverse("portal:home")).wsgi_request.user.is_authenticated
    take_in(off(zips.good(), sakura))
    assert not client.get(reverse("portal:home")).wsgi_request.user.is_authenticated


def test_a_guardian_is_stopped_where_every_part_of_theirs_is(sakura):
    adult = Guardian.objects.filter(guardianships__student=sakura).first()
    adult.user = factories.user("m@example.com")
    adult.save()
    take_in(off(zips.good(), adult))
    assert access_of(adult.user).is_stopped
    other = Guardian.objects.create(
        municipality=adult.municipality, source_id="x", user=adult.user, left_at=timezone.now()
    )
    assert access_of(adult.user).is_stopped  # a row of an older roster gives no access
    other.left_at = None
    other.save()
    assert not access_of(adult.user).is_stopped


@pytest.fixture
def adult(sakura):
    """The guardian of さくら, with an unused letter."""
    found = Guardian.objects.filter(guardianships__student=sakura).first()
    ((_, found.code),) = letters.issue_guardian_letters([found], by=None)
    return found


def test_a_letter_lets_nobody_in_whom_the_roster_has_switched_off(sakura, adult, client, sign_in):
    take_in(off(zips.good(), adult))
    outsider = factories.user("m@example.com")
    for verb in (letters.find_letter, lambda code: letters.accept_guardian_letter(code, outsider)):
        with pytest.raises(letters.CannotAccept):
            verb(adult.code)
    page = sign_in(outsider).post(
        reverse("registration:letter_entry"), {"code": adult.code}, follow=True
    )
    assert page.status_code == 422
    assert sakura.given_name not in page.content.decode()
    adult.refresh_from_db()
    assert adult.user is None
    take_in(zips.good())
    assert letters.accept_guardian_letter(adult.code, outsider).guardian == adult


def test_a_letter_shut_between_reading_and_using_it_is_refused(adult, monkeypatch):
    letter = letters.find_letter(adult.code)
    take_in(off(zips.good(), adult))
    monkeypatch.setattr(letters, "find_letter", lambda code: letter)
    with pytest.raises(letters.CannotAccept):
        letters.accept_guardian_letter(adult.code, factories.user("m@example.com"))


def test_no_letter_is_printed_for_whom_the_roster_has_switched_off(sakura, adult, sign_in):
    take_in(off(zips.good(), adult))
    office = factories.staff_post(Role.OFFICE, sakura.school)
    factories.protection_check(sakura.school, by=office.user)
    n_letters, desk = InvitationLetter.objects.count(), sign_in(office.user)
    url = reverse("admin:registration_letters", args=[sakura.home_class_id])
    assert "サインインを止めています" in desk.get(url).content.decode()
    page = desk.post(url, {"person": [str(adult.pk)]}, follow=True).content.decode()
    assert "手紙を作れません" in page
    assert 'class="code"' not in page
    assert print_runs.print_letters([adult], school_class=sakura.home_class, by=office.user) is None
    assert letters.issue_guardian_letters([adult], by=office.user) == []
    assert InvitationLetter.objects.count() == n_letters


def test_the_page_of_a_guardian_disabled_meanwhile_is_the_sign_in_page(adult, sign_in):
    adult.user = factories.user("m@example.com")
    adult.save()
    client = sign_in(adult.user)
    assert client.get(reverse("portal:home")).wsgi_request.user.is_authenticated
    take_in(off(zips.good(), adult))
    assert not client.get(reverse("portal:home")).wsgi_request.user.is_authenticated


def test_a_disabled_guardian_is_told_when_signing_in(sakura, client):
    adult = Guardian.objects.filter(guardianships__student=sakura).first()
    adult.user = factories.user("m@example.com")
    adult.user.set_password("ひみつの ことば 2026")
    adult.user.save()
    adult.is_enabled = False
    adult.save()
    sent = {"login": "m@example.com", "password": "ひみつの ことば 2026"}
    answer = client.post(reverse("account_login"), sent, follow=True)
    assert str(STOPPED_BY_ROSTER) in answer.content.decode()
    assert not answer.wsgi_request.user.is_authenticated


def test_a_teacher_who_is_switched_off_has_no_rights(sakura):
    post = StaffPost.objects.get()
    post.user = factories.user("t@example.com", is_staff=True)
    post.save()
    assert may(type(post.user).objects.get(pk=post.user_id), "roster.view")
    take_in(off(zips.good(), post))
    post.refresh_from_db()
    assert (post.ends_on, post.is_enabled, post.role) == (None, False, Role.HOMEROOM)
    user = type(post.user).objects.get(pk=post.user_id)
    assert not may(user, "roster.view")
    assert access_of(user).is_stopped


def test_who_is_switched_off_is_named_before_and_counted_after(sakura):
    content = off(zips.good(), sakura)
    plan = imports.preview_import(imports.check_roster(content, "r.zip", by=None))
    changes = {group.label: (group.n, group.lines) for group in words.describe_changes(plan)}
    assert changes["サインインを止めている"] == (1, [("1年1組", sakura.full_name, "")])
    assert take_in(content).report["switched_off"] == 1


@pytest.mark.parametrize("word", ["0", "no", "FALSE", "False ", "０", "ＮＯ"])
def test_no_is_read_in_every_spelling(sakura, word):
    take_in(off(zips.good(), sakura, word))
    sakura.refresh_from_db()
    assert not sakura.is_enabled


@pytest.mark.parametrize("word", ["1", "yes", "TRUE", "ｔｒｕｅ", ""])
def test_yes_is_read_in_every_spelling(sakura, word):
    take_in(off(zips.good(), sakura))
    take_in(off(zips.good(), sakura, word))
    sakura.refresh_from_db()
    assert sakura.is_enabled


@pytest.mark.parametrize("word", ["maybe", "無効", "off"])
def test_a_word_that_is_neither_yes_nor_no_refuses_the_roster_with_its_line(sakura, word):
    roster_import = take_in(off(zips.good(), sakura, word))
    assert roster_import.state == ImportState.REFUSED
    ((column, line),) = {(p["column"], p["line"]) for p in roster_import.report["problems"]}
    assert (column, line > 1) == ("enabledUser", True)
