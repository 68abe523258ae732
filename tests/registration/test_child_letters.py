"""A child letter: for guardians not in the roster, not used up, valid from the hand-out day."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.core.clock import today
from apps.people.models import Guardianship, ProtectionCheck, Role, Student
from apps.registration import letter_selection
from apps.registration.admin.print_runs import LetterPrintList
from apps.registration.models import InvitationLetter, PrintedCode, PrintedSheet
from apps.registration.models.registrations import CONFIRMATION_PERIOD
from apps.registration.print_lists import print_list_rows
from apps.registration.services import child_letters, newcomers, print_runs
from apps.registration.services import letters as letters_services
from apps.vault.services.paper_codes import open_code
from tests import factories


@pytest.fixture
def pupils(cast):
    """Three students of a class; the roster has no guardian of any."""
    Guardianship.objects.filter(student=cast.sakura).delete()
    return [
        cast.sakura,
        factories.student(cast.class_1, "あおい", number=2),
        factories.student(cast.class_1, "はると", number=3),
    ]


@pytest.fixture
def desk(cast, sign_in):
    return sign_in(cast.principal.user)


def address(cast, name="letters"):
    return reverse(f"admin:registration_{name}", args=[cast.class_1.pk])


def ids(people):
    return [str(one.pk) for one in people]


def printed(answer):
    return [part.split("<")[0] for part in answer.content.decode().split('class="code">')[1:]]


def post(desk, cast, people, **more):
    return desk.post(address(cast), {"person": ids(people), **more}, follow=True)


def works(code):
    try:
        return letters_services.find_letter(code) is not None
    except letters_services.CannotAccept:
        return False


def test_a_class_without_guardians_on_the_roster_gets_a_letter_a_child(cast, pupils, desk):
    page = post(desk, cast, pupils)
    codes = printed(page)
    assert len(codes) == 3
    assert {letters_services.find_letter(code).student for code in codes} == set(pupils)
    assert not InvitationLetter.objects.exclude(guardian=None).exists()


def test_the_letter_says_class_and_number_outside_and_the_given_name_inside(cast, pupils, desk):
    page = post(desk, cast, pupils[:1]).content.decode()
    outside, inside = page.split('class="letter__outside"')[1].split('class="letter__inside"')
    assert "1年1組" in outside and "1番" in outside
    assert "さくら" not in outside and "加賀 さくら" not in page.split("<article")[1]
    assert "さくら" in inside
    for language in ("en", "zh", "pt", "vi"):
        assert f'lang="{language}"' in inside


def test_printing_again_changes_no_code_no_slip_and_no_day(cast, pupils, desk):
    first = post(desk, cast, pupils)
    before = list(InvitationLetter.objects.order_by("pk").values())
    again = post(desk, cast, pupils, hand_out_on=(today() + timedelta(days=9)).isoformat())
    assert printed(again) == printed(first)
    assert list(InvitationLetter.objects.order_by("pk").values()) == before
    assert PrintedSheet.objects.count() == 2


@pytest.mark.time_machine("2026-11-28T09:00:00+09:00")
def test_a_letter_opens_from_the_hand_out_day_on(cast, pupils, desk, time_machine):
    day = today() + timedelta(days=3)
    (code,) = printed(post(desk, cast, pupils[:1], hand_out_on=day.isoformat()))

    def works_at(number, moment):
        on = day + timedelta(days=number)
        time_machine.move_to(f"{on.isoformat()}T{moment}+09:00", tick=False)
        return works(code)

    assert not works(code)
    assert works_at(0, "00:01:00")
    assert works_at(80, "23:59:00")
    assert not works_at(81, "00:01:00")


def test_a_letter_that_works_on_no_day_yet_takes_the_new_hand_out_day(cast, pupils):
    later = today() + timedelta(days=20)
    sooner = today() + timedelta(days=3)
    for day in (later, sooner):
        print_runs.print_letters(
            pupils, school_class=cast.class_1, by=cast.principal.user, hand_out_on=day
        )
    assert set(InvitationLetter.objects.values_list("works_from", flat=True)) == {sooner}
    assert InvitationLetter.objects.count() == 3


@pytest.mark.parametrize("day", ["2020-01-01", "x", "9999-12-31", "2026-02-30"])
def test_a_day_that_cannot_be_is_a_sentence_and_prints_nothing(cast, pupils, desk, day):
    page = desk.post(address(cast), {"person": ids(pupils), "hand_out_on": day})
    assert page.status_code == 422
    assert "配る日" in page.content.decode()
    assert not InvitationLetter.objects.exists()


def test_before_the_city_has_asked_about_protection_nothing_is_printed(cast, pupils, sign_in):
    at = factories.school(cast.city, "C117220600035", "まだの学校(架空)")
    of_class = factories.school_class(at)
    pupil = factories.student(of_class, "つむぎ")
    lead = factories.staff_post(Role.PRINCIPAL, at).user
    url = reverse("admin:registration_letters", args=[of_class.pk])
    page = sign_in(lead).post(url, {"person": [str(pupil.pk)]}, follow=True).content.decode()
    assert "市の担当者が「支援措置を確かめた日」を記録すると" in page
    assert not InvitationLetter.objects.exists()
    add = reverse("admin:people_protection_record")
    assert sign_in(lead).get(add).status_code == 403
    typed = {"school": str(at.pk), "checked_on": today().isoformat(), "none_known": "on"}
    sign_in(cast.officer.user).post(add, typed)
    check = ProtectionCheck.objects.get(school=at)
    assert (check.none_known, check.recorded_by, check.recorded_role) == (
        True, cast.officer.user, Role.CITY,
    )  # fmt: skip
    page = sign_in(lead).post(url, {"person": [str(pupil.pk)]}, follow=True)
    assert len(printed(page)) == 1


def test_a_check_of_tomorrow_is_refused(cast, sign_in):
    add = reverse("admin:people_protection_record")
    typed = {"school": str(cast.school.pk), "checked_on": (today() + timedelta(days=1)).isoformat()}
    before = ProtectionCheck.objects.count()
    page = sign_in(cast.officer.user).post(add, typed)
    assert "きょうより後の日は書けません" in page.content.decode()
    assert ProtectionCheck.objects.count() == before


def test_both_kinds_stand_on_one_sheet(cast, desk):
    pupil = factories.student(cast.class_1, "あおい", number=2)
    page = post(desk, cast, [cast.midori, pupil])
    letters = [letters_services.find_letter(code) for code in printed(page)]
    assert [(each.guardian, each.student) for each in letters] == [
        (cast.midori, None),
        (None, pupil),
    ]
    assert PrintedSheet.objects.count() == 1
    assert all(len(each.slip_number) == 8 for each in letters)


def test_suggested_are_children_without_guardians_and_guardians_without_an_account(cast):
    alone = factories.student(cast.class_1, "あおい", number=2)
    grown = factories.student(cast.class_1, "れい", number=3)
    grown.birth_month = today().replace(year=today().year - 17, day=1)
    grown.save()
    people = LetterPrintList.people(cast.principal.user, cast.class_1)
    suggested = [row.person for row in print_list_rows(LetterPrintList, people) if row.is_suggested]
    assert suggested == [alone]
    assert people == [cast.sakura, cast.midori, alone, grown]


def test_a_new_letter_of_a_child_is_asked_about_first_and_ends_the_old_one(cast, pupils, desk):
    ((_, old),) = child_letters.issue_child_letters(pupils[:1], by=cast.principal.user)
    answer = desk.post(address(cast), {"person": ids(pupils[:1]), "verb": "renew"})
    assert "1通の いまの手紙が使えなくなります" in desk.get(answer.url).content.decode()
    body = {"what": str(InvitationLetter.objects.get().pk), "reason": "手紙をなくしたため"}
    desk.post(address(cast, "letters_renew"), body)
    desk.post(address(cast, "letters_renew"), body)
    assert InvitationLetter.objects.count() == 2
    assert not works(old)


def test_who_has_left_gets_no_letter(cast, pupils):
    cast.sakura.left_at = factories.timezone.now()
    cast.sakura.save()
    given = {"school_class": cast.class_1, "by": cast.principal.user}
    assert print_runs.print_letters(pupils[:1], **given) is None
    assert not InvitationLetter.objects.exists()


def test_each_letter_of_a_child_is_on_the_childs_record(cast, pupils, desk):
    post(desk, cast, pupils[:1])
    found = AuditEvent.objects.filter(subject_id=cast.sakura.pk)
    assert {Action.INVITATION_ISSUED, Action.INVITATION_PRINTED} <= set(
        found.values_list("action", flat=True)
    )


def test_a_hundred_letters_cost_as_many_statements_as_two(cast):
    def count(n, start):
        pupils = [
            factories.student(cast.class_1, f"せいと{k}", number=None, with_user=False)
            for k in range(start, start + n)
        ]
        with CaptureQueriesContext(connection) as answer:
            print_runs.print_letters(pupils, school_class=cast.class_1, by=cast.principal.user)
        return len(answer)

    count(1, 0)  # queried once a request
    assert count(2, 1) == count(100, 3)
    assert PrintedCode.objects.count() == 103


def test_slips_are_all_different_and_let_nobody_in(cast, pupils):
    child_letters.issue_child_letters(pupils, by=None)
    slips = list(InvitationLetter.objects.values_list("slip_number", flat=True))
    assert len(set(slips)) == 3
    assert not any(works(slip) for slip in slips)
    assert not any(open_code(letter) in slips for letter in InvitationLetter.objects.all())


@pytest.fixture
def moved(cast):
    """れん, whose letter the first school printed, at the next school of the city."""
    Guardianship.objects.filter(student=cast.ren).delete()
    cast.first = child_letters.ensure_child_letters([cast.ren], by=cast.office.user)[0][1]
    print_runs.print_letters([cast.ren], school=cast.school, by=cast.office.user)
    next_school = factories.school(cast.city, "C117220600034", "山代中学校(架空)")
    factories.protection_check(next_school, by=cast.officer.user)
    next_class = factories.school_class(next_school)
    Student.objects.filter(pk=cast.ren.pk).update(school=next_school, home_class=next_class)
    cast.next_office = factories.staff_post(Role.OFFICE, next_school)
    return Student.objects.get(pk=cast.ren.pk)


def test_after_a_change_of_school_the_new_one_writes_a_letter_that_works(cast, moved):
    assert not InvitationLetter.objects.usable().filter(pk=cast.first.pk).exists()
    sheet = print_runs.print_letters([moved], school=moved.school, by=cast.next_office.user)
    letter = InvitationLetter.objects.get(printings__sheet=sheet)
    assert letter.pk != cast.first.pk
    assert newcomers.is_letter_usable(InvitationLetter.objects.usable().get(pk=letter.pk))


def test_a_child_who_moved_in_counts_as_never_printed_for(cast, moved):
    chosen = letter_selection.letters_of_school(moved.school, cast.next_office.user).people
    assert moved in chosen[letter_selection.LetterSelection.NEW]


def test_whoever_waited_in_vain_comes_again_by_the_same_letter(cast, time_machine):
    letter = child_letters.ensure_child_letters([cast.ren], by=cast.office.user)[0][1]
    time_machine.move_to(timezone.now() + CONFIRMATION_PERIOD + timedelta(days=30), tick=False)
    assert InvitationLetter.objects.usable().filter(pk=letter.pk).exists()
