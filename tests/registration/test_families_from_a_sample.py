"""From a sample roster without guardians to families that decide: letters, registration,
confirmation.

Also a children's home, a homeroom teacher who pretends to be a father, and one full evening.
"""

import re
import uuid
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.consent.models import Purpose, Response
from apps.consent.services import decisions, documents, respondents, scheduled_work
from apps.people.models import (
    Guardian,
    Guardianship,
    GuardianStanding,
    Role,
    School,
    Student,
    User,
)
from apps.people.permissions import visible_students
from apps.registration.models import EvidenceKind, GuardianRegistration, InvitationLetter
from apps.registration.services import evidence, family_registrations, print_runs
from apps.registration.services import letters as letters_services
from apps.registration.services import registrations as registrations
from apps.registration.services.newcomers import FOR_STAFF
from apps.vault.models import SubjectKey
from tests import factories
from tests.registration.confirmation_helpers import (
    confirm,
    guardianship_of,
    had_signed_in,
    list_guardian,
)
from tests.registration.letter_helpers import NEWCOMER, come_in, scan
from tests.roster import import_rosters
from tests.roster.inputs import zip_of

LIST = reverse("admin:registration_waiting")
SLIPS, SLIPS_CONFIRM = (
    reverse("admin:registration_slips"),
    reverse("admin:registration_slips_confirm"),
)


@pytest.fixture
def town(db):
    """The school of the sample, whose roster has no guardian, and its staff."""
    cast, city = SimpleNamespace(), factories.municipality()
    factories.programme(city)
    documents.install_seed_documents(city)
    import_rosters.take_in(zip_of("sample-without-guardians"))
    cast.sample = School.objects.get(source_id="9531985d-5d9d-49f8-9818-e811892f902b")
    officer = factories.staff_post(Role.CITY, of=city, name="市の担当").user
    factories.protection_check(cast.sample, by=officer)
    cast.clerk = factories.staff_post(Role.OFFICE, cast.sample, name="事務の人").user
    cast.head = factories.staff_post(Role.PRINCIPAL, cast.sample, name="見本の校長").user
    cast.sample_nurse = factories.staff_post(Role.NURSE, cast.sample, name="見本の養護").user
    cast.children = list(Student.objects.filter(school=cast.sample).order_by("source_id"))
    assert len(cast.children) == 3
    assert not Guardianship.objects.filter(student__in=cast.children).exists()
    cast.codes = letters_of(cast, cast.children)
    return cast


def letters_of(town, children):
    """{student id: code} of letters that the office has printed."""
    sheet = print_runs.print_letters(children, school=town.sample, by=town.clerk)
    codes = [line.code for line in print_runs.lines_of_sheet(sheet, by=town.clerk)]
    return {letters_services.find_letter(code).student_id: code for code in codes}


def newcomer(town, sign_in, mail, child, **said):
    """(account, client) of somebody who registered with a child letter."""
    account = User.objects.filter(email=mail).first() or factories.user(mail)
    client = sign_in(account)
    assert come_in(client, town.codes[child.pk], **said).url == "/"
    return account, client


def press_slips(sign_in, by, numbers):
    """This member of staff reads a stack of slips and confirms the ready ones; returns the page."""
    desk = sign_in(User.objects.get(pk=by.pk))
    page = desk.post(SLIPS, {"numbers": "\n".join(numbers)}).content.decode()
    ticks = re.search(r'name="ticks" value="([^"]*)"', page)
    return desk.post(SLIPS_CONFIRM, {"ticks": ticks[1] if ticks else ""}, follow=True)


def slips_of(children):
    letters = InvitationLetter.objects.filter(student__in=children).order_by("pk")
    return list(letters.values_list("slip_number", flat=True))


# -- a family ------------------------------------------------------------------------------------------


def test_from_a_sample_without_guardians_to_a_key(town, sign_in):
    child, sibling, other = town.children
    mother, client = newcomer(town, sign_in, "haha@mail.example", child, relation="mother")
    come_in(client, town.codes[sibling.pk], relation="mother")
    for student in (child, sibling):
        decisions.decide(
            student=student, actor=mother, form_key=uuid.uuid4(),
            answers={Purpose.ATTENDANCE: Response.GIVEN},
        )  # fmt: skip
        student.user = factories.user()
        student.save()
        decisions.decide(
            student=student, actor=student.user, form_key=uuid.uuid4(),
            answers={Purpose.ATTENDANCE: Response.GIVEN},
        )  # fmt: skip
    scheduled_work.reconcile_all()
    assert not SubjectKey.objects.filter(student__in=town.children).exists()
    press_slips(sign_in, town.sample_nurse, slips_of([child, sibling]))  # one person is not enough
    scheduled_work.reconcile_all()
    assert not SubjectKey.objects.filter(student__in=town.children).exists()
    assert not visible_students(User.objects.get(pk=mother.pk)).exists()
    press_slips(sign_in, town.head, slips_of([child, sibling]))
    assert set(visible_students(User.objects.get(pk=mother.pk))) == {child, sibling}
    scheduled_work.reconcile_all()
    assert SubjectKey.objects.filter(student__in=[child, sibling]).count() == 2
    assert not SubjectKey.objects.filter(student=other).exists()
    home = client.get("/").content.decode()
    assert child.full_name in home
    assert other.given_name not in home


# -- a children's home ----------------------------------------------------------------------------


def test_the_head_of_a_home_comes_for_each_child_by_its_own_letter_and_document(town, sign_in):
    head, client = newcomer(
        town, sign_in, "shisetsucho@home.example", town.children[0], relation="home_head"
    )
    for child in town.children[1:]:
        come_in(client, town.codes[child.pk], relation="home_head")
    registrations = {each.student_id: each for each in GuardianRegistration.objects.all()}
    assert len(registrations) == 3
    assert Guardian.objects.filter(user=head).count() == 1
    first, second, third = (registrations[child.pk] for child in town.children)
    for registration in (first, second):  # one sees the document, another confirms
        evidence.record_evidence(
            [registration.pk],
            EvidenceKind.DOCUMENT,
            by=town.sample_nurse,
            document_number="措置通知 第3号",
        )
        confirm(registration, town.head, kind="call_back")
    assert {guardianship_of(each).standing for each in (first, second)} == {
        GuardianStanding.DECIDES
    }
    assert guardianship_of(third).standing == GuardianStanding.WAITING
    assert set(visible_students(User.objects.get(pk=head.pk))) == set(town.children[:2])
    confirm(third, town.sample_nurse)  # without a document: two people, and informed only
    assert guardianship_of(third).standing == GuardianStanding.WAITING
    confirm(third, town.head, kind="")
    assert guardianship_of(third).standing == GuardianStanding.INFORMED
    assert respondents.is_informed_only(town.children[2], User.objects.get(pk=head.pk))


# -- a homeroom teacher who pretends to be a father -----------------------------------------------


def test_a_homeroom_teacher_becomes_no_father_and_is_seen(town, sign_in):
    child = town.children[0]
    teacher = factories.staff_post(
        Role.HOMEROOM, town.sample, in_class=child.home_class, name="一郎 先生"
    ).user
    refused = come_in(sign_in(teacher), town.codes[child.pk], relation="father")
    assert refused.status_code == 422
    assert str(FOR_STAFF) in refused.content.decode()

    # on his own phone, where he has signed in as staff, with a private mail address
    browser = Client()
    had_signed_in(browser, teacher)
    private = factories.user("private@mail.example")
    factories.force_sign_in(browser, private)
    scan(browser, town.codes[child.pk])
    assert (
        browser.post(reverse("registration:accept_letter"), NEWCOMER | {"relation": "father"}).url
        == "/"
    )
    registration = GuardianRegistration.objects.get()

    _, refused = evidence.record_evidence([registration.pk], EvidenceKind.VOUCH, by=teacher)
    assert refused  # it was his device
    with pytest.raises(registrations.CannotConfirm):
        confirm(registration, teacher)
    press_slips(sign_in, town.sample_nurse, slips_of([child]))  # he hands in the slip he signed
    # not ordinary: not confirmed in a batch
    assert guardianship_of(registration).standing == GuardianStanding.WAITING
    page = sign_in(town.sample_nurse).get(LIST).content.decode()
    assert "職員がサインインしたことのある端末" in page
    confirm(registration, town.sample_nurse, kind="slip")
    assert guardianship_of(registration).standing == GuardianStanding.WAITING
    for user in (town.head,):  # the second person sees the same before confirming
        page = sign_in(user).get(LIST).content.decode()
        assert "職員がサインインしたことのある端末" in page
        assert "名前がありません(二人で確かめます)" in page
    registrations.refuse_registration(
        registration, by=town.head, page_token=registrations.page_token_of(registration, town.head)
    )
    assert not visible_students(User.objects.get(pk=private.pk)).exists()
    assert family_registrations.guardian_relations_of(child) == []


def test_a_homeroom_teacher_with_another_phone_is_one_of_nobody(town, sign_in):
    """The device is unknown: two people of two other roles must confirm, and see no list entry."""
    child = town.children[0]
    account, _ = newcomer(town, sign_in, "private@mail.example", child, relation="father")
    teacher = factories.staff_post(
        Role.HOMEROOM, town.sample, in_class=child.home_class, name="二郎 先生"
    ).user
    registration = GuardianRegistration.objects.get()
    found, _ = evidence.record_evidence([registration.pk], EvidenceKind.VOUCH, by=teacher)
    assert found
    press_slips(sign_in, town.sample_nurse, slips_of([child]))
    assert guardianship_of(registration).standing == GuardianStanding.WAITING
    assert "名前がありません" in sign_in(town.head).get(LIST).content.decode()
    assert not visible_students(User.objects.get(pk=account.pk)).exists()


# -- one evening -----------------------------------------------------------------------------------------


def evening(town, n, first):
    """n further children of the sample's school and the codes of their letters."""
    home = town.children[0].home_class
    children = [
        factories.student(home, f"こ{k}", number=100 + k, with_user=False)
        for k in range(first, first + n)
    ]
    return children, letters_of(town, children)


def come_all(town, children, codes, tag):
    """Guardians scan one after another behind one IP address; the school's list names them."""
    for k, child in enumerate(children):
        client = Client(REMOTE_ADDR="203.0.113.9")
        factories.force_sign_in(client, factories.user(f"{tag}{k}@mail.example"))
        given = "おや" + "いろはにほへと"[k % 7] * (k // 7 + 1)
        client.post(reverse("registration:letter_entry"), {"code": codes[child.pk]})
        sent = NEWCOMER | {"given_name": given, "given_kana": "オヤ", "relation": "mother"}
        answer = client.post(reverse("registration:accept_letter"), sent)
        assert answer.status_code == 302, (k, answer.status_code)
        list_guardian(child, f"加賀 {given}", "mother")


def statements(sign_in, by, numbers):
    with CaptureQueriesContext(connection) as captured:
        text = press_slips(sign_in, by, numbers)
    return len(captured), text.content.decode()


def test_an_evening_of_three_hundred_guardians_in_one_hall_up_to_the_confirmation(town, sign_in):
    few, few_codes = evening(town, 10, 0)
    many, many_codes = evening(town, 290, 10)
    come_all(town, few, few_codes, "few")
    come_all(town, many, many_codes, "many")
    assert GuardianRegistration.objects.waiting().count() == 300
    n_few, text = statements(sign_in, town.sample_nurse, slips_of(few))
    assert "10人を確かめました" in text
    n_many, text = statements(sign_in, town.sample_nurse, slips_of(many))
    assert "290人を確かめました" in text
    assert n_many <= n_few + 2  # whatever their number
    standings = Guardianship.objects.filter(student__in=[*few, *many])
    assert set(standings.values_list("standing", flat=True)) == {"decides"}
    assert not GuardianRegistration.objects.waiting().exists()
