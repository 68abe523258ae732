"""The page of counts: who sees it, and of which schools."""

import pytest
from django.urls import reverse

from apps.people.models import Role
from tests import factories


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
