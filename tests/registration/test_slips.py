"""A stack of slips is read by its numbers: shown first, confirmed together."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.people.models import Role, User
from apps.registration.models import (
    EvidenceKind,
    GuardianRegistration,
    InvitationLetter,
    RegistrationEvidence,
    RegistrationState,
)
from apps.registration.services import letters, slips
from tests import factories
from tests.registration.confirmation_helpers import come, confirm, guardianship_of, letter_of

PAGE, CONFIRM = reverse("admin:registration_slips"), reverse("admin:registration_slips_confirm")


def stack(cast, n, first=0):
    """The slip numbers of n children whose mothers wait, and the registrations."""
    found = {}
    for k in range(first, first + n):
        child = factories.student(cast.class_1, f"こ{k}", number=100 + k, with_user=False)
        letter = letter_of(child, by=cast.office.user, slip=f"7777{k:04}", code=f"SLIP{k:04}")
        found[letter.slip_number] = come(letter, f"m{k}@mail.example", given=f"はは{k}")
    return found


def test_numbers_are_read_as_a_person_or_a_reader_types_them():
    text = "２３４５-6789\n\n 23456789 \nhttps://kaga.example/s/ab23-CD45/\nxyz\x00\n"
    assert slips.parse_slip_numbers(text) == ["23456789", "AB23CD45", "XYZ"]


def test_a_stack_is_shown_and_then_confirmed_together(cast, sign_in):
    waiting = stack(cast, 3)
    desk = sign_in(cast.nurse.user)
    page = desk.post(PAGE, {"numbers": "\n".join(waiting)})
    assert "確かめられる人: 3人" in page.content.decode()
    assert not RegistrationEvidence.objects.exists()  # nothing has changed yet
    ticks = re.search(r'name="ticks" value="([^"]+)"', page.content.decode())[1]
    answer = desk.post(CONFIRM, {"ticks": ticks}, follow=True)
    assert "3人を確かめました" in answer.content.decode()
    assert {guardianship_of(each).standing for each in waiting.values()} == {"decides"}
    kinds = RegistrationEvidence.objects.values_list("kind", "recorded_by")
    assert set(kinds) == {(EvidenceKind.SLIP, cast.nurse.user.pk)}
    again = desk.post(CONFIRM, {"ticks": ticks}, follow=True)  # a repeated request
    assert "3人は確かめませんでした" in again.content.decode()
    assert RegistrationEvidence.objects.count() == 3


def test_every_number_gets_its_answer(cast, sign_in):
    waiting = stack(cast, 5)
    numbers, registrations = list(waiting), list(waiting.values())
    come(registrations[1].invitation, "second@mail.example", given="ふたりめ")  # two wait
    GuardianRegistration.objects.filter(pk=registrations[2].pk).update(on_students_device=True)
    unlisted = letter_of(cast.ren, by=cast.office.user, slip="88880000", code="QUIET")
    desk = sign_in(cast.nurse.user)
    sent = [*numbers, unlisted.slip_number, "99999999"]
    found = slips.read_slips(sent, User.objects.get(pk=cast.nurse.user.pk))
    assert len(found.ready) == 3
    assert {context.registration.guardian.given_name for context in found.apart} == {
        "はは1", "ふたりめ", "はは2",
    }  # fmt: skip
    assert (found.nobody_yet, found.unknown) == ([unlisted.slip_number], ["99999999"])
    page = desk.post(PAGE, {"numbers": "\n".join(sent)}).content.decode()
    assert "この学校の手紙にない番号: 99999999" in page
    assert "まだだれも登録していない手紙: 88880000" in page


def test_each_slip_has_a_row_to_compare_with_the_paper(cast, sign_in):
    child = factories.student(cast.class_1, "ゆき", number=31, with_user=False)
    come(letter_of(child, by=cast.office.user, slip="23456789"), "m@mail.example", given="ひかる")
    page = sign_in(cast.nurse.user).post(PAGE, {"numbers": "23456789"}).content.decode()
    (row,) = re.findall(r"<tr><td>.*?</tr>", page, re.DOTALL)
    cells = re.findall(r"<td>(.*?)</td>", row)
    assert cells[:5] == ["2345-6789", "1年1組 31番", child.full_name, "加賀 ひかる", "母"]


def test_a_name_that_has_an_account_is_looked_at_alone(cast, sign_in):
    """The holder of a photo of the letter gives the name of the mother, who is already registered."""
    factories.guardian(cast.ren, "ひかる", email="mother@example.com")
    letter = letter_of(cast.ren, by=cast.office.user, slip="23456789")
    come(letter, "ex@mail.example")
    page = sign_in(cast.nurse.user).post(PAGE, {"numbers": "23456789"}).content.decode()
    assert "確かめられる人: 0人" in page
    assert "もう別のアカウントで登録しています" in page


def test_a_slip_that_spoke_for_one_person_is_not_ready_for_another(cast):
    child = factories.student(cast.class_1, "ゆき", number=31, with_user=False)
    letter = letter_of(child, by=cast.office.user, slip="23456789")
    confirm(come(letter, "mother@mail.example"), cast.nurse.user, kind=EvidenceKind.SLIP)
    come(letter, "father@mail.example", given="べつの", relation="father")
    found = slips.read_slips(["23456789"], User.objects.get(pk=cast.nurse.user.pk))
    assert not found.ready
    assert [context.registration.guardian.given_name for context in found.apart] == ["べつの"]


def test_the_slip_of_a_guardian_whom_the_roster_names_is_taken_in(cast, sign_in):
    mother = factories.guardian(cast.sakura, "ひかる", email="x@example.com")
    mother.user = None
    mother.save(update_fields=["user"])
    ((_, code),) = letters.issue_guardian_letters([mother], by=cast.office.user)
    account = factories.user("mother@mail.example")
    letters.accept_guardian_letter(code, account, tells_others=True)
    number = InvitationLetter.objects.get(guardian=mother).slip_number
    desk = sign_in(cast.nurse.user)
    page = desk.post(PAGE, {"numbers": number}).content.decode()
    assert "確かめられる人: 1人" in page
    ticks = re.search(r'name="ticks" value="([^"]+)"', page)[1]
    desk.post(CONFIRM, {"ticks": ticks})
    mother.refresh_from_db()
    assert mother.user == account
    other_school = factories.school(cast.city, "C117220600025", "ほかの中学校(架空)")
    away = factories.staff_post(Role.PRINCIPAL, other_school).user
    assert slips.read_slips([number], away).unknown == [number]


def test_the_slips_of_another_school_are_unknown_numbers(cast, sign_in):
    waiting = stack(cast, 1)
    other_school = factories.school(cast.city, "C117220600025", "ほかの中学校(架空)")
    desk = sign_in(factories.staff_post(Role.PRINCIPAL, other_school).user)
    page = desk.post(PAGE, {"numbers": "\n".join(waiting)}).content.decode()
    assert "この学校の手紙にない番号" in page
    assert "はは0" not in page


@pytest.mark.parametrize("who", ["homeroom", "helpdesk"])
def test_who_does_not_confirm_has_no_such_page(cast, sign_in, who):
    desk = sign_in(getattr(cast, who).user)
    assert desk.get(PAGE).status_code == 403
    assert desk.post(CONFIRM, {"ticks": ""}).status_code == 403


def test_the_printer_takes_in_no_slip_of_their_own_letters(cast, sign_in):
    waiting = stack(cast, 2)
    desk = sign_in(cast.office.user)
    page = desk.post(PAGE, {"numbers": "\n".join(waiting)}).content.decode()
    assert "確かめられる人: 0人" in page
    assert "手紙を作った人・印刷した人のほかの人" in page


@pytest.mark.parametrize("sent", ["", " \n ", "7777\n" * 3 + "\n".join(map(str, range(2000)))])
def test_nothing_and_too_much_come_back_with_a_sentence(cast, sign_in, sent):
    page = sign_in(cast.nurse.user).post(PAGE, {"numbers": sent})
    assert page.status_code == 422
    assert 'role="alert"' in page.content.decode()


@pytest.mark.parametrize("sent", ["", "x", "x.y", "\x00", "00000000-0000-4000-8000-000000000000."])
def test_a_malformed_request_confirms_nobody(cast, sign_in, sent):
    stack(cast, 1)
    assert sign_in(cast.nurse.user).post(CONFIRM, {"ticks": sent}).status_code in (302, 400)
    assert GuardianRegistration.objects.get().state == RegistrationState.WAITING


def test_a_long_stack_asks_the_database_no_more_often_than_a_short_one(cast, sign_in):
    counted = {}
    for n in (3, 12):
        waiting = stack(cast, n, first=n * 10)
        desk = sign_in(cast.nurse.user)
        with CaptureQueriesContext(
            connection,
        ) as looked:
            page = desk.post(PAGE, {"numbers": "\n".join(waiting)})
        ticks = re.search(r'name="ticks" value="([^"]+)"', page.content.decode())[1]
        with CaptureQueriesContext(connection) as confirmed:
            desk.post(CONFIRM, {"ticks": ticks})
        counted[n] = (len(looked), len(confirmed))
        assert {guardianship_of(each).standing for each in waiting.values()} == {"decides"}
    assert counted[3] == counted[12]
