"""Small counts are hidden in reports."""

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from apps.people.models import Role
from apps.reports.small_cells import MIN_COUNT, hide_small_cells, hide_small_total
from tests import factories

COUNTS = st.lists(st.integers(0, 60), min_size=1, max_size=6)


@given(COUNTS)
def test_no_small_count_is_ever_shown(counts):
    assert all(cell is None or cell == 0 or cell >= MIN_COUNT for cell in hide_small_cells(counts))


@given(COUNTS)
def test_the_total_never_gives_a_hidden_cell_away(counts):
    cells, total = hide_small_cells(counts), hide_small_total(counts)
    hidden = [index for index, cell in enumerate(cells) if cell is None]
    assert total is None or len(hidden) != 1


@given(COUNTS)
def test_what_is_shown_is_true(counts):
    shown = zip(hide_small_cells(counts), counts, strict=True)
    assert all(cell in (None, count) for cell, count in shown)
    assert hide_small_total(counts) in (None, sum(counts))


def test_the_page_counts_only_schools_in_sight(cast, sign_in):
    page = sign_in(cast.officer.user).get(reverse("admin:reports"))
    assert page.status_code == 200
    assert "中1" in page.content.decode()
    away = sign_in(cast.away_nurse.user).get(reverse("admin:reports"))
    assert "中1" not in away.content.decode()


@pytest.mark.parametrize("who", ["helpdesk"])
def test_a_post_without_reports_is_refused(cast, sign_in, who):
    assert sign_in(getattr(cast, who).user).get(reverse("admin:reports")).status_code == 403


def test_anonymous_and_families_do_not_reach_the_page(cast, sign_in, client):
    assert client.get(reverse("admin:reports")).status_code == 302
    assert sign_in(cast.midori.user).get(reverse("admin:reports"), follow=True).status_code == 403


def test_a_larger_school_costs_no_more_queries(cast, sign_in, django_assert_max_num_queries):
    browser = sign_in(cast.officer.user)
    browser.get(reverse("admin:reports"))
    for number in range(2, 14):
        factories.student(cast.class_1, number=number)
    factories.staff_post(Role.TEACHER, cast.school)
    with django_assert_max_num_queries(17):
        browser.get(reverse("admin:reports"))
