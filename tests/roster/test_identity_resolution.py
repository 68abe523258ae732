"""Nobody gets what is somebody else's: where a row's two identifiers disagree, a person decides."""

import io
import re
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.people.models import Guardian, Guardianship, Role, School, StaffPost, Student
from apps.roster import words
from apps.roster.models import ImportState, RosterImport
from apps.roster.oneroster.identity_questions import IdentityCase
from apps.roster.services import imports
from tests import factories, file_workers
from tests.roster import zips
from tests.roster.identity_helpers import account, key_of, pair, with_master
from tests.roster.import_rosters import check, questions, take_in
from tests.roster.inputs import zip_of

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine("2026-11-28T09:00:00+09:00")]


def by_name(given):
    return Student.objects.get(given_name=given)


# -- reused numbers -------------------------------------------------------------------------------


@pytest.fixture
def reused():
    take_in(zip_of("roster-sourcedid-reused", "first.zip"))
    return zip_of("roster-sourcedid-reused", "second.zip")


def test_a_number_given_to_another_child_is_asked_about_child_by_child(reused):
    assert questions(reused) == {
        "students-3": IdentityCase.REUSED,
        "students-4": IdentityCase.REUSED,
    }
    with pytest.raises(imports.CannotImport, match="同じ人かどうか"):
        take_in(reused)
    with pytest.raises(imports.CannotImport, match="行が1"):
        take_in(reused, students_3="other")
    assert by_name("花子").source_id == "1101"


def test_the_child_keeps_account_and_guardians_and_the_newcomer_gets_none(reused):
    hanako, user = by_name("花子"), account(by_name("花子"))
    take_in(reused, students_3="other", students_4="other")
    hanako.refresh_from_db()
    assert (hanako.given_name, hanako.source_id, hanako.user) == ("花子", "2101", user)
    newcomer = by_name("二郎")
    assert (newcomer.source_id, newcomer.user, newcomer.local_code) == ("1101", None, "1101")
    assert Student.objects.enrolled().count() == 4
    assert Guardianship.objects.current().filter(student__in=[hanako, newcomer]).count() == 2


def test_the_same_roster_again_asks_nothing(reused):
    take_in(reused, students_3="other", students_4="other")
    assert questions(reused) == {}
    assert take_in(reused).report["counts"]["students"]["changed"] == 0


def test_what_was_decided_is_in_the_record_without_names(reused):
    hanako = by_name("花子")
    done = take_in(reused, students_3="other", students_4="other")
    event = AuditEvent.objects.get(action=Action.ROSTER_IDENTITY, subject_id=hanako.pk)
    assert event.fields == ["students-3", "reused", "other"]
    assert done.report["cases"] == {"reused": {"other": 2}}
    assert "花子" not in str(done.report)
    assert (
        "番号の使い回し(ほかの人の番号が使われている)",
        "別の人",
        2,
    ) in words.describe_cases(done.report["cases"])


def test_exchanged_masters_are_a_question_and_then_each_keeps_the_own_account(swapped):
    taro, jiro = by_name("太郎"), by_name("次郎")
    assert questions(swapped) == {
        "students-2": IdentityCase.SWAPPED,
        "students-3": IdentityCase.SWAPPED,
    }
    masters = {taro.pk: jiro.master_id, jiro.pk: taro.master_id}
    take_in(swapped, students_2="same", students_3="same")
    assert dict(Student.objects.values_list("pk", "master_id")) == masters
    assert by_name("太郎").pk == taro.pk


def test_exchanged_numbers_follow_the_masters_where_that_is_said(swapped):
    taro, jiro = by_name("太郎"), by_name("次郎")
    take_in(swapped, students_2="other", students_3="other")
    taro.refresh_from_db()
    jiro.refresh_from_db()
    assert (taro.given_name, jiro.given_name) == ("次郎", "太郎")


def test_one_child_corrected_and_the_other_somebody_new(swapped):
    taro, jiro = by_name("太郎"), by_name("次郎")
    take_in(swapped, students_2="same", students_3="other")
    taro.refresh_from_db()
    jiro.refresh_from_db()
    assert (taro.given_name, taro.is_enrolled, jiro.is_enrolled) == ("太郎", True, False)
    assert jiro.master_id is None
    assert Student.objects.enrolled().count() == 2


def test_no_answer_to_these_questions_ends_in_an_error(swapped):
    for one in ("same", "other"):
        for two in ("same", "other"):
            take_in(swapped, students_2=one, students_3=two)
            assert Student.objects.enrolled().count() == 2, (one, two)
            Student.objects.all().delete()
            take_in(zip_of("roster-masters-swapped", "first.zip"))


# -- guardians, teachers, schools -------------------------------------------------------------------


def test_a_guardians_number_at_another_person_is_asked_about(school):
    adult = Guardian.objects.filter(guardianships__ended_at=None).first()
    adult.user = factories.user("a@example.com")
    adult.save()
    content = with_master(zips.good(), adult, uuid4())
    (key,) = questions(content)
    assert key.startswith("guardians-")
    take_in(content, **{key_of(content): "other"})
    adult.refresh_from_db()
    assert not Guardianship.objects.current().filter(guardian=adult).exists()
    newcomer = Guardian.objects.exclude(pk=adult.pk).get(source_id=adult.source_id)
    assert (newcomer.user, newcomer.guardianships.count() > 0) == (None, True)


def test_a_guardian_from_before_masters_were_kept_is_known_by_the_number(school):
    Guardian.objects.update(master_id=None)
    known = set(Guardian.objects.values_list("pk", flat=True))
    assert questions(zips.good()) == {}
    take_in(zips.good())
    assert set(Guardian.objects.values_list("pk", flat=True)) == known
    assert not Guardian.objects.filter(master_id=None).exists()


def test_without_a_kept_master_quite_another_name_is_asked_about(school):
    adult = Guardian.objects.filter(guardianships__ended_at=None).first()
    Guardian.objects.update(master_id=None)
    Guardian.objects.filter(pk=adult.pk).update(family_name="別人", family_kana="ベツジン")
    assert list(questions(zips.good()).values()) == [IdentityCase.UNPROVEN]
    Guardian.objects.filter(pk=adult.pk).update(family_kana=adult.family_kana)
    assert questions(zips.good()) == {}


def test_a_teachers_number_at_another_person_gives_no_access(school):
    post = StaffPost.objects.get()
    post.user = factories.user("t@example.com", is_staff=True)
    post.save()
    content = with_master(zips.good(), post, uuid4())
    take_in(content, **{key_of(content): "other"})
    post.refresh_from_db()
    assert post.ends_on is not None
    assert StaffPost.objects.get(ends_on=None).user is None


def test_teachers_may_exchange_their_numbers(school):
    post = StaffPost.objects.get()
    other = StaffPost.objects.create(
        municipality=post.municipality, school=post.school, source_id="x9", master_id=uuid4(),
        name="山田 先生", role=post.role,
    )  # fmt: skip
    StaffPost.objects.filter(pk=post.pk).update(source_id="y9")
    StaffPost.objects.filter(pk=other.pk).update(source_id=post.source_id)
    take_in(zips.good(), **{key_of(zips.good()): "other"})
    post.refresh_from_db()
    other.refresh_from_db()
    assert (post.ends_on, other.ends_on is not None) == (None, True)
    assert post.source_id != "y9"


def test_a_school_is_known_by_its_code_and_never_renamed_into_another(school):
    stored = School.objects.get()
    content = zips.changed(zips.good(), "orgs.csv", zips.swapped(stored.code, "C117299990099"))
    assert {key.split("-")[0] for key in questions(content)} == {"schools"}
    with pytest.raises(imports.CannotImport):
        take_in(content)
    take_in(content, **{key_of(content): "same"})
    stored.refresh_from_db()
    assert stored.code == "C117299990099"
    assert Student.objects.enrolled().count() == 6


# -- the page, the command, the record --------------------------------------------------------------


@pytest.fixture
def desk(sign_in, reused):
    city = School.objects.get().municipality
    return sign_in(factories.staff_post(Role.CITY, of=city).user)


def test_the_page_names_each_child_and_takes_no_half_answer(desk, reused):
    sent = {"zip": SimpleUploadedFile("r.zip", reused)}
    page = file_workers.send(desk, reverse("admin:roster_upload"), sent).content.decode()
    assert "高木 二郎" in page
    assert "いま「佐藤 花子」の番号です" in page
    waiting = RosterImport.objects.get(state=ImportState.CHECKED)
    confirm = reverse("admin:roster_confirm", args=[waiting.pk])
    first, second = re.findall(r'name="(who-students-[^"]*)" value="other"', page)
    half = file_workers.send(desk, confirm, {"verb": "import", first: "other"})
    assert "1人ずつ答えてください" in half.content.decode()
    assert re.search(rf'name="{first}" value="other" checked', half.content.decode())
    assert Student.objects.count() == 2
    codes = re.search(r'name="code_changes" value="(\w+)"', page).group(1)
    whole = {
        "verb": "import",
        "other_year": "yes",
        first: "other",
        second: "other",
        "code_changes": codes,
    }
    assert "同じ人かどうかを決めた行" in file_workers.send(desk, confirm, whole).content.decode()
    assert Student.objects.enrolled().count() == 4


def test_strange_answers_are_none(desk, reused):
    waiting = check(reused)
    confirm = reverse("admin:roster_confirm", args=[waiting.pk])
    sent = {"verb": "import", "who-students-3": "yes", "who-students-4": "", "who-x": "same"}
    page = file_workers.send(desk, confirm, sent)
    assert "1人ずつ答えてください" in page.content.decode()
    assert Student.objects.count() == 2


def test_the_command_refuses_until_each_row_is_answered(reused, tmp_path):
    path, err = tmp_path / "r.zip", io.StringIO()
    path.write_bytes(reused)
    with pytest.raises(CommandError, match="one person for another"):
        call_command("import_roster", path, stdout=io.StringIO(), stderr=err)
    first, second = re.findall(r"--other (students-\S+)", err.getvalue())
    codes = re.search(r"--allow-code-moves (\w+)", err.getvalue()).group(1)
    assert first.startswith("students-3-")
    assert "花子" not in err.getvalue()
    call_command(
        "import_roster", path, "--other", first, "--other", second, "--allow-other-year",
        "--allow-code-moves", codes, stdout=io.StringIO(), stderr=io.StringIO(),
    )  # fmt: skip
    assert Student.objects.count() == 4


def test_more_questions_than_a_person_can_answer_refuse_the_roster(reused, monkeypatch):
    monkeypatch.setattr("apps.roster.services.import_conditions.MAX_QUESTIONS", 1)
    with pytest.raises(imports.CannotImport, match="書き出しの設定"):
        take_in(reused, students_3="other", students_4="other")


def test_a_master_in_another_spelling_is_the_same_person(school):
    first, _ = pair()
    spelled = "{" + str(first.master_id).upper() + "}"
    content = zips.changed(zips.good(), "users.csv", zips.swapped(str(first.master_id), spelled))
    assert questions(content) == {}
    assert take_in(content).report["counts"]["students"]["changed"] == 0
    assert isinstance(first.master_id, UUID)
