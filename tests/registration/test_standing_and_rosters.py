"""No roster, letter, account or name undoes or loosens a restriction of a guardian."""

import csv
import io
import uuid

import pytest
from django.urls import reverse

from apps.consent.services import standing_changes
from apps.people.models import Guardian, Guardianship, GuardianStanding, Role
from apps.people.permissions import visible_students
from apps.people.services import guardian_standings
from apps.registration.models import InvitationLetter
from apps.registration.services import letters as letters_services
from apps.registration.services import print_runs
from apps.registration.services.letters import NOT_USABLE
from tests import factories
from tests.registration.letter_helpers import say_yes
from tests.roster import zips
from tests.roster.test_rosters_over_years import take_in, without

KEPT_OUT = GuardianStanding.KEPT_OUT


def keep_out(guardianship, by):
    standing_changes.keep_out(
        guardianship,
        by=by,
        why="support",
        reason="支援措置の通知が届いたため",
        document_number="第1号",
    )


@pytest.fixture
def town(db):
    """An imported roster; the lead keeps out one child's guardian, who has an account."""
    take_in(zips.good())
    guardianship = Guardianship.objects.named().order_by("pk").first()
    guardianship.guardian.user = factories.user("kept@example.com")
    guardianship.guardian.save()
    guardianship.lead = factories.staff_post(
        Role.PRINCIPAL, guardianship.student.school, name="校長先生"
    ).user
    keep_out(guardianship, guardianship.lead)
    return guardianship


def users_of(content):
    """{sourcedId: row} of the roster's users."""
    with zips.zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read("users.csv").decode()
    return {row["sourcedId"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}


def now(guardianship):
    """Today's guardianship of the same two people."""
    return Guardianship.objects.named().get(
        guardian=guardianship.guardian_id, student=guardianship.student_id
    )


def is_shut(guardianship):
    return (
        not visible_students(guardianship.guardian.user).filter(pk=guardianship.student_id).exists()
    )


def test_the_same_roster_again_loosens_nothing(town):
    take_in(zips.good())
    assert now(town).standing == KEPT_OUT
    assert is_shut(town)


def test_a_guardianship_missing_in_one_roster_is_still_kept_out_afterwards(town):
    take_in(without(zips.good(), town.guardian.source_id), allow_many_gone=True)
    assert not Guardianship.objects.named().filter(guardian=town.guardian_id).exists()
    take_in(zips.good())
    assert now(town).pk != town.pk
    assert now(town).standing == KEPT_OUT
    assert is_shut(town)


def test_a_changed_name_loosens_nothing(town):
    old = town.guardian.family_name

    def rename(rows):
        for row in rows:
            if row["sourcedId"] == town.guardian.source_id:
                row["familyName"] = row["preferredFamilyName"] = "改姓"

    take_in(zips.edited(zips.good(), "users.csv", rename))
    town.guardian.refresh_from_db()
    assert town.guardian.family_name == "改姓" != old
    assert now(town).standing == KEPT_OUT


def everywhere(content, old, new):
    """The roster with one id written differently in every file."""
    for file in ("users.csv", "roles.csv", "enrollments.csv"):
        content = zips.changed(content, file, zips.swapped(old, new, -1))
    return content


def test_a_new_number_and_a_new_master_id_get_in_by_two_people_only(town):
    row = users_of(zips.good())[town.guardian.source_id]
    second = everywhere(zips.good(), town.guardian.source_id, str(uuid.uuid4()))
    second = zips.changed(
        second, "users.csv", zips.swapped(row["userMasterIdentifier"], str(uuid.uuid4()))
    )
    take_in(second, allow_many_gone=True)
    guardianships = Guardianship.objects.named().filter(student=town.student_id)
    newcomer = guardianships.exclude(guardian=town.guardian_id).filter(
        guardian__family_name=town.guardian.family_name,
        guardian__given_name=town.guardian.given_name,
    )
    assert [guardianship.standing for guardianship in newcomer] == [KEPT_OUT]
    assert not Guardianship.objects.current().filter(pk__in=newcomer).exists()


def test_whoever_is_new_at_that_child_waits_and_elsewhere_nobody_does(town):
    municipality = town.municipality
    fresh = Guardian.objects.create(
        municipality=municipality, source_id="g-new", family_name="新", given_name="しい"
    )
    guardianship = Guardianship.objects.create(
        municipality=municipality, guardian=fresh, student=town.student
    )
    other = Guardianship.objects.named().exclude(student=town.student_id).first().student
    elsewhere = Guardianship.objects.create(
        municipality=municipality, guardian=Guardian.objects.create(
            municipality=municipality, source_id="g-2", family_name="別", given_name="の人"
        ), student=other,
    )  # fmt: skip
    guardianship.refresh_from_db()
    elsewhere.refresh_from_db()
    assert guardianship.standing == KEPT_OUT
    assert list(guardian_standings.guardianships_to_decide(town.lead)) == [guardianship]
    assert elsewhere.standing == GuardianStanding.DECIDES


def test_a_new_guardianship_of_the_kept_out_person_for_another_child_waits_too(town):
    other = Guardianship.objects.named().exclude(student=town.student_id).first().student
    same_account = Guardian.objects.create(
        municipality=town.municipality, source_id="elsewhere", family_name="べつ", given_name="名",
        user=town.guardian.user,
    )  # fmt: skip
    for guardian in (town.guardian, same_account):
        guardianship = Guardianship.objects.create(
            municipality=town.municipality, guardian=guardian, student=other
        )
        guardianship.refresh_from_db()
        assert guardianship.standing == KEPT_OUT


def test_one_adult_named_twice_at_the_child_is_kept_out_twice(db):
    take_in(zips.good())
    guardianship = Guardianship.objects.named().order_by("pk").first()
    twin = Guardian.objects.create(
        municipality=guardianship.municipality, source_id="again", family_name=guardianship.guardian.family_name,
        given_name=f" {guardianship.guardian.given_name}", user=None,
    )  # fmt: skip
    factories.guardianship(twin, guardianship.student)
    keep_out(guardianship, factories.staff_post(Role.PRINCIPAL, guardianship.student.school).user)
    assert (
        not Guardianship.objects.current()
        .filter(guardian__in=[twin, guardianship.guardian])
        .exists()
    )


# -- letters ------------------------------------------------------------------------------------


@pytest.fixture
def letters(cast):
    """Two guardians of さくら; a letter printed for one of them who has no account yet."""
    cast.kept_out = Guardian.objects.create(
        municipality=cast.city, source_id="g-new", family_name="加賀", given_name="ひかる"
    )
    cast.guardianship = factories.guardianship(cast.kept_out, cast.sakura)
    ((_, cast.code),) = letters_services.issue_guardian_letters(
        [cast.kept_out], by=cast.homeroom.user
    )
    return cast


def test_a_letter_printed_before_lets_nobody_in(letters, client):
    keep_out(letters.guardianship, letters.principal.user)
    page = client.post(reverse("registration:letter_entry"), {"code": letters.code}, follow=True)
    assert page.status_code == 422
    for word in ("東和中学校", "さくら", "制限"):
        assert word not in page.content.decode()
    unknown = client.post(
        reverse("registration:letter_entry"), {"code": "ABCDEFGHJKMNP"}, follow=True
    )
    assert str(NOT_USABLE) in unknown.content.decode()
    assert str(NOT_USABLE) in page.content.decode()
    with pytest.raises(letters_services.CannotAccept):
        letters_services.accept_guardian_letter(letters.code, factories.user("second@example.com"))


def test_a_letter_leads_to_the_other_child_only(letters):
    factories.guardianship(letters.kept_out, letters.ren)
    keep_out(letters.guardianship, letters.principal.user)
    user = factories.user("hikaru@example.com")
    letters_services.accept_guardian_letter(letters.code, user, tells_others=True)
    say_yes(letters.kept_out, letters.nurse.user)
    assert list(visible_students(user)) == [letters.ren]


def test_the_letter_of_the_other_guardian_does_not_open_to_who_is_kept_out(letters):
    keep_out(letters.midori.guardianships.get(), letters.principal.user)
    with pytest.raises(letters_services.CannotAccept):
        letters_services.accept_guardian_letter(letters.code, letters.midori.user)
    assert not visible_students(letters.midori.user).exists()
    assert InvitationLetter.objects.get().used_at is None


def test_printing_a_letter_of_this_child_is_refused_with_a_sentence(letters, sign_in):
    keep_out(letters.guardianship, letters.principal.user)
    client = sign_in(letters.office.user)
    page = reverse("admin:registration_letters", args=[letters.class_1.pk])
    assert "手紙は 管理職が 渡します" in client.get(page).content.decode()
    for verb in ("print", "renew"):
        answer = client.post(page, {"person": [letters.kept_out.pk], "verb": verb}, follow=True)
        words = (
            "ここでは印刷できません。管理職に聞いてください" if verb == "print" else "使える番号"
        )
        assert words in answer.content.decode()
    assert print_runs.print_letters(
        [letters.kept_out], school_class=letters.class_1, by=letters.office.user
    ) is None  # fmt: skip
