"""Lists are paged by key: no row is lost between pages, nothing is counted, no address breaks them."""

import itertools

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.core.keyset_pages import column_names, page_of
from apps.people.models import Student
from tests import factories

STUDENTS = reverse("admin:people_student_changelist")
ORDERS = [
    ["pk"],
    ["-attendance_number", "pk"],
    ["attendance_number", "-family_kana", "pk"],
    ["-home_class__title", "attendance_number", "-pk"],
    ["home_class__title", "-pk"],
]


@pytest.fixture
def students(cast):
    """Seventeen, some with the same number or class, some without one."""
    numbers = itertools.cycle([None, 1, 2, 2])
    for _, number, of_class in zip(
        range(15), numbers, itertools.cycle([cast.class_1, cast.class_2, None]), strict=False
    ):
        made = factories.student(cast.class_1, number=number, with_user=False)
        Student.objects.filter(pk=made.pk).update(home_class=of_class)
    return Student.objects.order_by()


@pytest.fixture
def desk(cast, sign_in, monkeypatch):
    monkeypatch.setattr(admin.site._registry[Student], "list_per_page", 4)
    return sign_in(cast.officer.user)


def key_of(row, order):
    return Student.objects.filter(pk=row.pk).values_list(*column_names(order))[0]


def forwards(students, order, size):
    pages = [page_of(students, order, size)]
    while pages[-1].has_next:
        pages.append(page_of(students, order, size, after=key_of(pages[-1].rows[-1], order)))
    return pages


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", [1, 4, 17, 30])
def test_page_after_page_gives_every_row_once_and_in_order(students, order, size):
    found = [row.pk for page in forwards(students, order, size) for row in page.rows]
    assert found == list(students.order_by(*order).values_list("pk", flat=True))


@pytest.mark.parametrize("order", ORDERS)
def test_going_back_gives_the_same_pages(students, order):
    pages = forwards(students, order, 4)
    back = [pages[-1]]
    while back[-1].has_previous:
        back.append(page_of(students, order, 4, before=key_of(back[-1].rows[0], order)))
    assert [page.rows for page in reversed(back)] == [page.rows for page in pages]


def test_before_the_first_full_page_the_list_begins_anew(students):
    second = students.order_by("pk")[1]
    page = page_of(students, ["pk"], 4, before=[second.pk])
    assert page.rows == list(students.order_by("pk")[:4])
    assert (page.has_previous, page.has_next) == (False, True)


def turn(desk, url, name="next_url"):
    changes = desk.get(url).context["cl"]
    return changes.result_list, STUDENTS + getattr(changes, name)


def test_no_row_is_left_out_while_others_come_and_go(cast, students, desk):
    first, url = turn(desk, STUDENTS)
    factories.student(cast.class_1, family="あああ", with_user=False)
    Student.objects.filter(pk=first[0].pk).update(municipality=cast.away)
    expected = list(students.order_by("family_kana", "given_kana", "pk"))
    second, _ = turn(desk, url)
    assert second == expected[expected.index(first[-1]) + 1 :][:4]


def test_a_list_turns_forwards_and_back_without_script(students, desk):
    first, url = turn(desk, STUDENTS)
    assert f'href="{url.removeprefix(STUDENTS)}" rel="next"' in desk.get(STUDENTS).content.decode()
    second, back = turn(desk, url, "previous_url")
    again, _ = turn(desk, back)
    assert again == first
    assert not set(first) & set(second)


@pytest.mark.parametrize(
    "name", ["3", "after-", "after-x", "after-" + "9" * 400, "later-1", "after"]
)
def test_a_page_of_no_row_is_the_first_page(students, desk, name):
    assert turn(desk, f"{STUDENTS}?p={name}")[0] == turn(desk, STUDENTS)[0]


def test_a_page_after_a_row_that_is_gone_says_so(cast, students, desk):
    first, url = turn(desk, STUDENTS)
    Student.objects.filter(pk=first[-1].pk).update(municipality=cast.away)
    page = desk.get(url)
    assert "はじめのページを出しています" in page.content.decode()
    assert page.context["cl"].result_list[:3] == first[:3]


def test_filters_and_search_stay_on_the_next_page(cast, students, desk):
    found = desk.post(f"{STUDENTS}?grade=J1", {"search_words": "カガ"})["Location"]
    _, url = turn(desk, found)
    assert "grade=J1" in url
    assert "q=" in url
    assert desk.get(url).context["cl"].query == "カガ"
    assert "カガ" not in url


def test_a_list_counts_nothing_and_sorts_by_no_heading(students, desk):
    with CaptureQueriesContext(connection) as captured:
        page = desk.get(f"{STUDENTS}?o=-2")
    assert not [query for query in captured if "COUNT(" in query["sql"]]
    assert page.context["cl"].result_list == turn(desk, STUDENTS)[0]


def test_a_list_that_fits_on_one_page_says_how_many(cast, desk):
    assert "<span>2件</span>" in desk.get(STUDENTS).content.decode()
