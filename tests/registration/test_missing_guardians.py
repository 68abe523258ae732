"""Homes without a confirmed guardian: by class, what was tried, and never why."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.core.clock import today
from apps.people.models import Guardianship, GuardianStanding, Role
from apps.registration.missing_guardians import count_missing, homes_without_guardian
from apps.registration.models import GuardianRegistration, InvitationLetter
from apps.registration.services import child_letters, print_runs
from tests import factories
from tests.registration.confirmation_helpers import come


def page_of(client, cast):
    return client.get(reverse("admin:registration_missing_of_class", args=[cast.class_1.pk]))


def test_the_homeroom_teacher_sees_the_own_class_and_what_was_tried(cast, sign_in):
    alone = factories.student(cast.class_1, "あおい", number=2)
    other = factories.student(cast.class_1, "はると", number=3)
    print_runs.print_letters([other], school_class=cast.class_1, by=cast.office.user)
    rows = homes_without_guardian(cast.class_1, cast.homeroom.user)
    assert [(row.student, row.is_printed, row.is_waiting) for row in rows] == [
        (alone, False, False), (other, True, False),
    ]  # fmt: skip
    page = page_of(sign_in(cast.homeroom.user), cast).content.decode()
    assert "あおい" in page and "印刷ずみ" in page and "さくら" not in page
    elsewhere = reverse("admin:registration_missing_of_class", args=[cast.class_2.pk])
    assert sign_in(cast.homeroom.user).get(elsewhere).status_code == 404


def test_somebody_who_waits_is_said_and_the_home_still_counts(cast):
    pupil = factories.student(cast.class_1, "あおい", number=2)
    child_letters.issue_child_letters([pupil], by=cast.office.user)
    guardian = factories.guardian(cast.ren, "つばき", "tsubaki@example.com")
    GuardianRegistration.objects.create(
        municipality=cast.city, guardian=guardian, user=guardian.user, student=pupil,
        invitation=InvitationLetter.objects.get(), school=cast.school, registered_at=timezone.now(),
    )  # fmt: skip
    (row,) = homes_without_guardian(cast.class_1, cast.homeroom.user)
    assert (row.student, row.is_opened, row.is_waiting) == (pupil, True, True)


def test_a_home_whose_guardian_is_kept_out_looks_like_any_other(cast, sign_in):
    client = sign_in(cast.homeroom.user)
    Guardianship.objects.filter(student=cast.sakura).update(ended_at=timezone.now())
    before = page_of(client, cast).content.decode()
    Guardianship.objects.filter(student=cast.sakura).update(
        ended_at=None, standing=GuardianStanding.KEPT_OUT
    )
    after = page_of(client, cast).content.decode()
    assert "さくら" in before
    assert (
        before.split("<tbody>")[1].split("</tbody>")[0]
        == (after.split("<tbody>")[1].split("</tbody>")[0])
    )
    assert "制限" not in after.split("<tbody>")[1]


def test_from_sixteen_on_a_home_is_not_missing(cast):
    pupil = factories.student(cast.class_1, "れい", number=3)
    assert count_missing(cast.homeroom.user) == 1
    pupil.birth_month = today().replace(year=today().year - 17, day=1)
    pupil.save()
    assert count_missing(cast.homeroom.user) == 0


def test_school_and_city_read_the_count_on_the_first_page(cast, sign_in):
    factories.student(cast.class_1, "あおい", number=2)
    for who in (cast.principal, cast.officer, cast.office, cast.homeroom):
        page = sign_in(who.user).get(reverse("admin:index")).content.decode()
        assert "学校が確かめた保護者がまだいない家庭" in page
    page = sign_in(cast.nurse.user).get(reverse("admin:index")).content.decode()
    assert "学校が確かめた保護者がまだいない家庭" not in page


def test_nobody_else_reads_the_list(cast, sign_in):
    for who in (cast.nurse, cast.helpdesk, cast.counsellor):
        assert page_of(sign_in(who.user), cast).status_code == 403


def test_thirty_homes_cost_as_many_statements_as_one(cast):
    def count():
        with CaptureQueriesContext(connection) as queries:
            homes_without_guardian(cast.class_1, cast.homeroom.user)
        return len(queries)

    factories.student(cast.class_1, "あおい", number=2)
    count()
    one = count()
    for n in range(3, 33):
        factories.student(cast.class_1, f"せいと{n}", number=n)
    assert count() == one


def test_a_home_in_which_nobody_decides_is_missing_though_a_grandmother_is_in(cast):
    before = count_missing(cast.homeroom.user)
    Guardianship.objects.filter(student=cast.sakura).update(standing=GuardianStanding.INFORMED)
    assert count_missing(cast.homeroom.user) == before + 1
    assert cast.sakura in {
        row.student for row in homes_without_guardian(cast.class_1, cast.homeroom.user)
    }


def test_a_colleague_does_not_read_how_far_the_registration_of_their_own_child_is(cast, sign_in):
    pupil = factories.student(cast.class_1, "あおい", number=2)
    factories.student(cast.class_1, "はると", number=3)
    parent = factories.make_parent(cast.homeroom, pupil)
    client = sign_in(parent)

    def read():
        page = page_of(client, cast).content.decode()
        return count_missing(parent), page.split("<tbody>")[1].split("</tbody>")[0]

    n_homes, rows = before = read()
    assert n_homes == 1 and "はると" in rows and "あおい" not in rows
    child_letters.issue_child_letters([pupil], by=cast.office.user)
    come(InvitationLetter.objects.get(), "hidden@example.com", has_secret=True)
    assert read() == before
    Guardianship.objects.waiting().update(standing=GuardianStanding.DECIDES)
    assert read() == before
    colleague = factories.staff_post(Role.HOMEROOM, cast.school, in_class=cast.class_1)
    assert count_missing(colleague.user) == 1  # for others the home is no longer missing
