"""The lists of the admin: titles, empty lists, grades in words, and whom a list may name."""

import pytest
from django.urls import reverse

from tests import factories


@pytest.fixture
def nurse(cast, sign_in):
    return sign_in(cast.nurse.user)


def test_a_list_is_headed_by_what_it_lists(nurse):
    page = nurse.get(reverse("admin:people_schoolclass_changelist"))
    assert page.context["title"] == "学級"
    assert "を選択" not in page.content.decode()


def test_an_empty_list_says_so_and_an_empty_search_names_the_condition(nurse):
    waiting = reverse("admin:people_pendingact_changelist")
    assert "まだありません。" in nurse.get(waiting).content.decode()
    students = reverse("admin:people_student_changelist")
    found = nurse.post(students, {"search_words": "いない"}, follow=True).content.decode()
    assert "この条件に合うものはありません。" in found


def test_a_grade_stands_in_words_in_list_filter_and_page(cast, nurse):
    listed = nurse.get(reverse("admin:people_schoolclass_changelist")).content.decode()
    assert listed.count("中学1年") == 2 and ">J1<" not in listed
    one = nurse.get(reverse("admin:people_student_change", args=[cast.sakura.pk]))
    assert "中学1年" in one.content.decode()


def test_a_school_sees_no_name_of_a_sibling_at_another_school(cast, nurse):
    elsewhere = factories.school(cast.city, "C117220600099", "西和小学校(架空)")
    sibling = factories.student(factories.school_class(elsewhere, "3年2組", "P3"), "ゆきの")
    factories.guardianship(cast.midori, sibling)
    listed = nurse.get(reverse("admin:people_guardian_changelist")).content.decode()
    assert "さくら" in listed
    assert "ゆきの" not in listed
