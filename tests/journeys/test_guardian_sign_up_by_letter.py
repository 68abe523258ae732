"""A roster that names no guardian: who comes in by the children's letters, on a phone."""

import re
import uuid

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client
from playwright.sync_api import expect

from apps.consent.models import ConsentReceipt, Response
from apps.consent.services import decisions, documents, respondents, scheduled_work
from apps.people.models import Guardianship, Municipality, Role, Student, User
from apps.registration.models import GuardianRegistration
from apps.registration.services import letter_records
from apps.signin.services import cards
from apps.vault.models import SubjectKey
from tests import factories
from tests.registration import confirmation_helpers
from tests.roster import import_rosters, zips

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def town():
    """Two students of a roster without guardians, their letters, and people of the school."""
    city = Municipality.objects.create(code="172065", name="加賀市(架空)")
    factories.programme(city)
    documents.install_seed_documents(city)
    import_rosters.take_in(zips.without_guardians(zips.good()))
    children = list(Student.objects.order_by("attendance_number")[:2])
    for child in children:
        child.user = factories.user()
        child.save()
    office = factories.staff_post(Role.CITY, of=city, name="市の担当").user
    with transaction.atomic():
        letters = letter_records.write_letters(children, by=office)
    nurse = factories.staff_post(Role.NURSE, children[0].school, name="保健室").user
    return children, [code for _, code in letters], nurse


def enter(visitor, user):
    client = Client()
    factories.force_sign_in(client, user)
    cookie = client.cookies["sessionid"].value
    visitor.context.add_cookies([{"name": "sessionid", "value": cookie, "url": visitor.base}])
    return visitor


def scan(phone, code):
    phone.go("/letter/")
    phone.page.fill("#id_code", code.lower())
    phone.press(re.compile("つぎへ|次へ"))  # who is signed in reads plain Japanese


def sign_up(phone, address, *, typo=""):
    """An account by a code in a mail; with a typo first, the person goes back and mends it."""
    for written in filter(None, (typo, address)):
        phone.press("はじめて使う")
        phone.page.fill("#id_email", written)
        phone.page.fill("#id_password1", factories.PASSWORD)
        phone.page.fill("#id_password2", factories.PASSWORD)
        phone.press("つくる", exact=True)
        expect(phone.page.locator("#id_code")).to_be_visible()
        if written == typo:  # no mail comes: cancel, and the same letter once more
            phone.check("comein-mail-code")
            phone.page.get_by_text("やめる", exact=True).click()
            phone.page.wait_for_url("**/accounts/login/**")
            phone.go("/letter/welcome/")
    assert mail.outbox[-1].to == [address]
    sent = re.search(r"\b([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\b", mail.outbox[-1].body).group(1)
    phone.page.fill("#id_code", sent)
    phone.page.locator("main form button").first.click()


def say_who(phone, relation, *, family="", given="", kana=("", ""), name=""):
    """Fills the page of the newcomer and sends it."""
    if family:
        phone.page.fill("#id_family_name", family)
        phone.page.fill("#id_given_name", given)
        phone.page.fill("#id_family_kana", kana[0])
        phone.page.fill("#id_given_kana", kana[1])
    phone.page.select_option("#id_relation", relation)
    phone.page.locator("input[name=has_secret][value=no]").check()
    phone.page.locator("input[name=tells_others][value=yes]").check()
    phone.check(name)
    phone.press("登録する", exact=True)
    expect(phone.page.get_by_role("heading", name="学校の確認").first).to_be_visible()


def test_two_parents_siblings_and_a_grandmother(walker, town):
    (first, second), codes, nurse = town
    mother = walker("phone")
    scan(mother, codes[0])
    expect(mother.page.get_by_text(f"{first.given_name} さんの保護者の方へ")).to_be_visible()
    mother.check("comein-welcome")
    sign_up(mother, "haha@example.com", typo="haha@example.con")
    mother.press("登録する", exact=True)
    expect(mother.page.get_by_role("heading", name="まちがいが")).to_be_visible()
    mother.complaints.clear()  # the browser notes each 422
    mother.check("comein-newcomer-errors")
    say_who(mother, "mother", family="Nguyễn Thị", given="Ánh Tuyết", name="comein-newcomer")
    assert first.full_name not in mother.page.content()
    mother.check("comein-waits")
    mother.page.get_by_role("link", name="説明を読んで返事をする").click()
    mother.check("comein-overview")
    account = User.objects.get(email="haha@example.com")
    for state in respondents.statuses_to_answer(first, account):
        mother.go(f"/consent/{first.pk}/ask/{state.purpose}/?then=check")
        mother.page.locator("input[name=response][value=given]").check()
        mother.page.locator("main form button").last.click()
    mother.check("comein-check")
    mother.page.locator("main form button").last.click()
    expect(mother.page.get_by_text("学校の確認のあとに数えます")).to_be_visible()
    mother.check("comein-receipt")
    answered = ConsentReceipt.objects.get().decisions.values_list("purpose", flat=True)
    decisions.decide(
        student=first, actor=first.user, form_key=uuid.uuid4(),
        answers=dict.fromkeys(answered, Response.GIVEN),
    )  # fmt: skip
    scheduled_work.reconcile_all()
    assert not SubjectKey.objects.exists()

    father = walker("phone")
    scan(father, codes[0])
    sign_up(father, "chichi@example.com")
    say_who(father, "father", family="片山津", given="一郎", kana=("カタヤマヅ", "いちろう"))
    scan(mother, codes[1])  # the sibling, with the same account
    say_who(mother, "mother", name="comein-sibling")
    expect(mother.page.get_by_text(f"{second.given_name} さん").first).to_be_visible()
    grandmother = walker("tablet", dark=True)
    scan(grandmother, codes[0])
    sign_up(grandmother, "sobo@example.com")
    say_who(
        grandmother, "grandparent", family="勅使河原", given="加代子", kana=("テシガワラ", "カヨコ"),
        name="comein-newcomer-dark-tablet",
    )  # fmt: skip
    grandmother.check("comein-waits-dark-tablet")
    for registration in GuardianRegistration.objects.order_by("registered_at"):
        if registration.guardian.family_name != "片山津":
            answered = Guardianship.objects.get(
                guardian=registration.guardian, student=registration.student
            )
            name = f"{registration.guardian.family_name} {registration.guardian.given_name}"
            confirmation_helpers.list_guardian(registration.student, name, answered.relation)
            confirmation_helpers.confirm(registration, nurse)
    standings = dict(Guardianship.objects.values_list("relation", "standing"))
    assert standings == {"mother": "decides", "father": "waiting", "grandparent": "informed"}
    scheduled_work.reconcile_all()
    assert SubjectKey.objects.filter(student=first).exists()
    mother.go("/")
    assert first.full_name in mother.page.content()
    mother.check("comein-in")


def test_a_student_cannot_become_their_own_mother(walker, town):
    (child, _), codes, _ = town
    ((_, card),) = cards.issue_cards([child], by=None)
    tablet = walker("tablet")
    tablet.go("/card/")
    tablet.page.fill("#id_code", card)
    tablet.press("つぎへ")
    tablet.page.fill("#id_pin", "4827")
    tablet.page.fill("#id_again", "4827")
    tablet.page.locator("main form button").first.click()
    expect(tablet.page).to_have_url(re.compile("/$"))
    scan(tablet, codes[0])
    expect(tablet.page.get_by_text("つかえません").first).to_be_visible()
    tablet.complaints.clear()  # the browser notes each 422
    tablet.check("comein-student-refused")
    assert not GuardianRegistration.objects.exists()
    tablet.go("/")
    with tablet.page.expect_navigation():
        tablet.page.locator("form[action*=leave] button").first.click()
    scan(tablet, codes[0])  # with an address of their own, on the same tablet
    sign_up(tablet, "itazura@example.com")
    say_who(tablet, "mother", family="見本", given="花子", kana=("ミホン", "ハナコ"))
    assert GuardianRegistration.objects.get().on_students_device


def test_the_pages_of_who_is_told_and_of_the_way_out(walker, town):
    (child, _), _, _ = town
    guardian = factories.guardian(child, "みどり")
    guardian.user.set_password(factories.PASSWORD)
    guardian.user.save()
    phone = enter(walker("phone"), guardian.user)
    phone.go("/guardianships/")
    phone.check("guardianships")
    phone.go(f"/guardianships/{child.pk}/end/")
    phone.check("guardianships-end")
    phone.press("次へ")
    expect(phone.page).to_have_url(re.compile("reauthenticate|/end/now/"))
    if "reauthenticate" in phone.page.url:
        phone.page.fill("#id_password", factories.PASSWORD)
        phone.page.locator("main form button").first.click()
    expect(phone.page.get_by_role("button", name="登録を終わらせる")).to_be_visible()
    phone.check("guardianships-end-now")
    phone.press("登録を終わらせる")
    expect(phone.page.get_by_text("お子さんとの登録を終わらせました")).to_be_visible()
