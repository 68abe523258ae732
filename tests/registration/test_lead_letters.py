"""Letters of a marked child are in no print run: the school's lead prints and hands them over."""

import pytest
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.people.models import Guardianship, GuardianStanding, Student, User
from apps.registration.letter_selection import LetterSelection, letters_of_school
from apps.registration.models import InvitationLetter, PrintedSheet
from apps.registration.services import lead_letters, print_runs
from apps.registration.services.letters_by_lead import children_by_lead
from tests import factories


def again(post):
    return User.objects.get(pk=post.user_id)


def mark(cast, is_marked=True, by=None):
    lead_letters.set_mark(cast.sakura, is_marked, was=not is_marked, by=again(by or cast.principal))


@pytest.fixture
def school(cast):
    factories.protection_check(cast.school, by=cast.officer.user)
    return cast


def test_no_run_of_a_class_or_school_prints_it_and_the_lead_does(school):
    mark(school)
    (event,) = AuditEvent.objects.filter(fields=["letters_by_lead"])
    assert (event.subject_id, event.audience) == (school.sakura.pk, "office")
    people = [school.sakura, school.midori, school.ren]
    sheet = print_runs.print_letters(
        people, by=again(school.office), school=school.school
    )  # the class of ren too
    assert set(InvitationLetter.objects.values_list("student", flat=True)) == {school.ren.pk}
    chosen = letters_of_school(school.school, again(school.office)).people
    for selection in LetterSelection.values:
        assert not {school.sakura, school.midori} & set(chosen[selection])
    for who in (school.office, school.officer, school.homeroom):
        with pytest.raises(print_runs.CannotPrint):
            lead_letters.print_for_lead(school.sakura, by=again(who))
    own = lead_letters.print_for_lead(school.sakura, by=again(school.principal))
    assert own.pk != sheet.pk
    assert InvitationLetter.objects.filter(student=school.sakura).exists()


def test_where_every_guardian_is_kept_out_it_is_so_without_a_mark(school):
    assert children_by_lead([school.sakura.pk, school.ren.pk]) == set()
    Guardianship.objects.filter(student=school.sakura).update(standing=GuardianStanding.KEPT_OUT)
    assert children_by_lead([school.sakura.pk, school.ren.pk]) == {school.sakura.pk}
    factories.guardian(school.sakura, "はは", "haha@example.com").guardianships.update(
        standing=GuardianStanding.DECIDES
    )
    assert children_by_lead([school.sakura.pk]) == set()


def test_a_stale_page_and_the_own_family_change_nothing(school):
    with pytest.raises(lead_letters.CannotMark, match="先に"):
        lead_letters.set_mark(school.sakura, True, was=True, by=again(school.principal))
    with pytest.raises(lead_letters.CannotMark):
        mark(school, by=school.homeroom)
    type(school.midori).objects.filter(pk=school.midori.pk).update(user=school.principal.user)
    with pytest.raises(lead_letters.CannotMark, match="自分の子ども"):
        mark(school)
    assert not Student.objects.filter(letters_by_lead=True).exists()


def test_the_pages(school, sign_in):
    page = reverse("admin:registration_lead_letters", args=[school.sakura.pk])
    client = sign_in(school.principal.user)
    student = reverse("admin:people_student_change", args=[school.sakura.pk])
    assert page in client.get(student).text
    assert "印は、わけを表しません" in client.get(page).text
    assert client.post(page, {"was": "no"}).status_code == 422
    assert client.post(page, {"is_marked": "yes", "was": "yes"}).status_code == 422
    for _ in range(2):  # the second is of a page that has become old
        answer = client.post(page, {"is_marked": "yes", "was": "no"})
    assert answer.status_code == 422
    assert Student.objects.get(pk=school.sakura.pk).letters_by_lead
    listed = reverse("admin:registration_letters", args=[school.class_1.pk])
    office = sign_in(school.office.user)
    assert "手紙は 管理職が 渡します" in office.get(listed).text
    for who in (school.office, school.homeroom, school.nurse, school.away_nurse):
        assert sign_in(who.user).get(page).status_code in (403, 404)
    city = sign_in(school.officer.user)
    assert "印刷できるのは、学校の管理職だけ" in city.get(page).text
    assert client.post(page, {"verb": "print"}).status_code == 302
    sheet = PrintedSheet.objects.get()
    assert (sheet.printed_by, sheet.printed_role) == (school.principal.user, "principal")
    assert client.get(reverse("admin:registration_sheet", args=[sheet.pk])).status_code == 200
