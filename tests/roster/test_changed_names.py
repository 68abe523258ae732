"""Where both identifiers agree but the given name is quite another, a person decides who it is."""

from itertools import product
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from apps.people.models import Guardian, Role, School, StaffPost, Student
from apps.roster import words
from apps.roster.oneroster.identity_questions import IdentityCase
from apps.roster.services import import_conditions, imports
from apps.signin.services import cards
from tests import factories, file_workers
from tests.roster import zips
from tests.roster.import_rosters import answers_to, check, questions, take_in
from tests.roster.test_rosters_over_years import with_births, without

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine("2026-11-28T09:00:00+09:00")]


@pytest.fixture
def school():
    take_in(zips.good())


@pytest.fixture
def first(school):
    student = Student.objects.order_by("attendance_number").first()
    cards.issue_cards([student], by=None)
    student.refresh_from_db()
    return student


def ids(model):
    return set(model.objects.values_list("source_id", flat=True))


def names(model):
    return {person.pk: str(person) for person in model.objects.all()}


def other(content, person, **more):
    """The roster in which the row of this person has quite another person's name."""
    return zips.renamed(content, person.source_id, given="次郎", kana="ジロウ", **more)


def test_a_column_of_names_that_slipped_is_asked_about_child_by_child(school):
    before = names(Student)
    slipped = zips.rotated(zips.good(), ids(Student))
    assert list(questions(slipped).values()) == [IdentityCase.RENAMED] * 6
    with pytest.raises(imports.CannotImport, match="同じ人かどうか"):
        take_in(slipped)
    assert names(Student) == before


def test_a_column_of_guardians_names_that_slipped_is_asked_about(school):
    before = names(Guardian)
    slipped = zips.rotated(zips.good(), ids(Guardian))
    questions_asked = questions(slipped)
    assert len(questions_asked) > 1
    assert {key.split("-")[0] for key in questions_asked} == {"guardians"}
    with pytest.raises(imports.CannotImport, match="同じ人かどうか"):
        take_in(slipped)
    assert names(Guardian) == before


def test_many_slipped_names_refuse_the_roster_and_say_why(school, monkeypatch):
    monkeypatch.setattr("apps.roster.services.import_conditions.MAX_QUESTIONS", 5)
    with pytest.raises(imports.CannotImport, match="下の名前がまったく違う行が6あります"):
        take_in(zips.rotated(zips.good(), ids(Student)), every="same")


def test_a_child_with_another_family_name_is_not_asked_about(first):
    content = zips.renamed(zips.good(), first.source_id, family="別姓", family_kana="ベッセイ")
    assert questions(content) == {}
    take_in(content)
    first.refresh_from_db()
    assert first.family_name == "別姓"


@pytest.mark.parametrize("cells", [{"given": "桜花"}, {"kana": "ベツ"}])
def test_a_given_name_written_or_read_otherwise_is_not_asked_about(first, cells):
    assert questions(zips.renamed(zips.good(), first.source_id, **cells)) == {}


def test_a_name_in_another_width_or_in_hiragana_is_the_same_name(first):
    Student.objects.filter(pk=first.pk).update(given_name="ア ン", given_kana="さくら")
    content = zips.renamed(zips.good(), first.source_id, given="アン", kana="サ クラ")
    assert questions(content) == {}


def test_another_given_name_and_month_of_birth_are_asked_about(first):
    take_in(with_births(zips.good(), {first.source_id: "2013-12-24"}))
    content = zips.renamed(zips.good(), first.source_id, given="桜花")
    assert questions(with_births(content, {first.source_id: "2013-12-01"})) == {}
    questions_asked = questions(with_births(content, {first.source_id: "2015-02-01"}))
    assert list(questions_asked.values()) == [IdentityCase.RENAMED]


def test_a_child_who_was_renamed_keeps_the_account_once_that_is_said(first):
    user, pk, content = first.user, first.pk, other(zips.good(), first)
    take_in(content, every="same")
    student = Student.objects.get(pk=pk)
    assert (student.given_name, student.user, student.is_enrolled) == ("次郎", user, True)
    assert questions(content) == {}


def test_another_child_under_both_identifiers_gets_nothing_of_the_first(first):
    user, master, content = first.user, first.master_id, other(zips.good(), first)
    take_in(content, every="other")
    first.refresh_from_db()
    newcomer = Student.objects.enrolled().get(master_id=master)
    assert (first.is_enrolled, first.user, first.master_id) == (False, user, None)
    assert (newcomer.given_name, newcomer.user) == ("次郎", None)
    assert questions(content) == {}


def test_a_sibling_with_the_master_of_a_child_who_left_is_asked_about(first):
    take_in(without(zips.good(), first.source_id))
    content = other(zips.good(), first)
    assert list(questions(content).values()) == [IdentityCase.RENAMED]
    take_in(content, every="other")
    first.refresh_from_db()
    assert (first.is_enrolled, first.given_name != "次郎") == (False, True)
    assert Student.objects.enrolled().get(given_name="次郎").user is None


def test_who_comes_back_under_another_name_is_told_with_it(first):
    take_in(without(zips.good(), first.source_id))
    content = zips.renamed(zips.good(), first.source_id, family="別姓", family_kana="ベッセイ")
    numbers = {
        t.label: t.lines for t in words.describe_changes(imports.preview_import(check(content)))
    }
    assert numbers["転入"] == [("1年1組", str(first), "もどりました")]
    assert numbers["名前の 変更"] == [("1年1組", str(first), f"→ 別姓 {first.given_name}")]


def test_a_child_of_another_school_under_another_name_only_moves_or_nothing_is_imported(first):
    school = factories.school(first.municipality)
    Student.objects.filter(pk=first.pk).update(school=school, home_class=None)
    content = other(zips.good(), first)
    with pytest.raises(imports.CannotImport, match="同じ人かどうか"):
        take_in(content, every="other")
    first.refresh_from_db()
    assert first.school == school
    take_in(content, every="same")
    first.refresh_from_db()
    assert (first.school == school, first.given_name) == (False, "次郎")


def test_a_teacher_under_another_given_name_is_asked_about(school):
    post = StaffPost.objects.get()
    assert questions(zips.renamed(zips.good(), post.source_id, family="別姓")) == {}
    content = other(zips.good(), post)
    assert list(questions(content).values()) == [IdentityCase.RENAMED]
    take_in(content, every="other")
    post.refresh_from_db()
    assert post.ends_on is not None
    assert StaffPost.objects.get(ends_on=None).name.endswith("次郎")
    assert questions(content) == {}


def test_a_teacher_who_comes_back_under_another_given_name_is_asked_about(school):
    post = StaffPost.objects.get()
    take_in(without(zips.good(), post.source_id))
    assert list(questions(other(zips.good(), post)).values()) == [IdentityCase.RENAMED]


def test_a_number_given_on_and_a_name_that_changed_never_lead_two_rows_to_one_child(first):
    """One child's 共通ID moves to a new number with another name, the old number to a newcomer."""
    second = Student.objects.order_by("attendance_number")[1]
    left = {"source_id": "old", "master_id": uuid4(), "left_at": timezone.now()}
    content = zips.swapped(str(second.master_id), str(first.master_id))
    newcomer = zips.swapped(str(first.master_id), str(uuid4()))
    Student.objects.filter(pk=second.pk).update(**left)
    content = zips.changed(zips.changed(zips.good(), "users.csv", newcomer), "users.csv", content)
    one, two = (key.replace("-", "_") for key in questions(content))
    for answer_pair in product(("same", "other"), repeat=2):
        with transaction.atomic():
            take_in(content, **dict(zip((one, two), answer_pair, strict=True)))
            assert Student.objects.enrolled().count() == 6
            transaction.set_rollback(True)


# -- the page -----------------------------------------------------------------------------------------


def test_the_page_asks_by_name_and_says_what_may_have_happened(first, sign_in):
    desk = sign_in(factories.staff_post(Role.CITY, of=School.objects.first().municipality).user)
    sent = {"zip": SimpleUploadedFile("r.zip", other(zips.good(), first))}
    page = file_workers.send(desk, reverse("admin:roster_upload"), sent).content.decode()
    assert f"この行の共通IDは、いま「{first.full_name}」のものです" in page
    assert "次郎" in page
    assert "名前の列がずれた" in page


def test_an_answer_to_a_question_that_has_changed_is_asked_for_again(first):
    content = other(zips.good(), first)
    waiting = check(content)
    answer_pair = answers_to(imports.preview_import(waiting), every="same")
    take_in(
        zips.renamed(zips.good(), first.source_id, given="三郎", kana="サブロウ"), every="other"
    )
    with pytest.raises(imports.CannotImport, match="同じ人かどうか"):
        imports.import_roster(
            waiting, by=None, approval=import_conditions.ImportApproval(True, True, answer_pair)
        )
    assert Student.objects.enrolled().get(source_id=first.source_id).given_name == "三郎"


@pytest.mark.parametrize(
    ("before", "words"), [("import", "もう取り込まれています"), ("drop", "もう「取り込まない」")]
)
def test_dropping_what_is_over_says_so_and_leads_to_its_report(school, sign_in, before, words):
    desk = sign_in(factories.staff_post(Role.CITY, of=School.objects.first().municipality).user)
    waiting = check(zips.good())
    confirm = reverse("admin:roster_confirm", args=[waiting.pk])
    file_workers.send(desk, confirm, {"verb": before})
    page = desk.post(confirm, {"verb": "drop"}, follow=True)
    assert page.redirect_chain[-1][0] == reverse(
        "admin:roster_rosterimport_change", args=[waiting.pk]
    )
    assert words in page.content.decode()
    assert "何も変わっていません" not in page.content.decode()


def test_importing_what_was_dropped_says_so(school, sign_in):
    desk = sign_in(factories.staff_post(Role.CITY, of=School.objects.first().municipality).user)
    confirm = reverse("admin:roster_confirm", args=[check(zips.good()).pk])
    desk.post(confirm, {"verb": "drop"})
    answer = desk.post(confirm, {"verb": "import"})
    assert answer.status_code == 422
    assert "もう「取り込まない」で終わっています" in answer.content.decode()
