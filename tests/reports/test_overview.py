"""The page of counts: who sees it, and of which schools."""

import datetime as dt
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.checkins.models import CheckIn
from apps.checkins.services.question_sets import current_question_set, seed_questions
from apps.checkins.services.submissions import submit
from apps.consent.models import Purpose
from apps.core.clock import today
from apps.people.models import Role
from apps.reports.models import CheckInCount
from apps.reports.services import checkin_counts, tables
from tests import factories
from tests.query_plans import statements_of, unbounded_scans


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


@pytest.fixture
def answer(cast):
    """``answer(*days ago)``: sakura answers about these days."""
    seed_questions()
    factories.make_effective(cast.sakura, Purpose.CHECKIN_REVIEW)

    def submit_about(*days_ago):
        for n in days_ago:
            submit(
                student=cast.sakura, question_set=current_question_set(), answers={"mood": 1},
                client_key=uuid.uuid4(), answered_on=today() - dt.timedelta(days=n),
            )  # fmt: skip

    return submit_about


def weeks(cast):
    """The totals of the weeks, the last one first."""
    (table,) = [t for t in tables.tables_for(cast.officer.user) if "チェックイン" in t.title]
    return [row.total for row in table.rows]


@pytest.fixture
def _small_counts_too(monkeypatch):
    monkeypatch.setattr(tables, "hide_small_cells", list)
    monkeypatch.setattr(tables, "hide_small_total", sum)


@pytest.mark.usefixtures("_small_counts_too")
def test_each_week_counts_its_own_days_before_and_after_the_night(cast, answer):
    answer(0, 6, 7, 13, 14, 27, 28)
    assert weeks(cast) == [2, 2, 1, 1]
    assert checkin_counts.count_past_days() == 6
    assert weeks(cast) == [2, 2, 1, 1]
    (table,) = [t for t in tables.tables_for(cast.officer.user) if "チェックイン" in t.title]
    assert table.rows[0].label.endswith(f"–{today().month}/{today().day}")


@pytest.mark.usefixtures("_small_counts_too")
def test_todays_answers_count_at_once_and_withdrawn_ones_until_the_night(cast, answer):
    answer(1, 2)
    checkin_counts.count_past_days()
    answer(0)
    assert weeks(cast)[0] == 3
    CheckIn.objects.all().delete()
    assert weeks(cast)[0] == 2
    assert checkin_counts.count_past_days() == 0
    assert weeks(cast)[0] == 0


def test_the_night_counts_every_city_once_and_only_the_enrolled(cast, answer):
    answer(1)
    assert checkin_counts.count_past_days() == checkin_counts.count_past_days() == 1
    (count,) = CheckInCount.objects.all()
    assert (count.school_id, count.grade, count.n) == (cast.school.pk, "J1", 1)
    cast.sakura.left_at = timezone.now()
    cast.sakura.save()
    assert checkin_counts.count_past_days() == 0


def test_twice_the_check_ins_cost_the_same_statements(cast, answer, sign_in):
    client, counts = sign_in(cast.officer.user), []
    for days in (range(1, 8), range(8, 22)):
        answer(*days)
        client.get(reverse("admin:reports"))
        counts.append(len(statements_of(lambda: client.get(reverse("admin:reports")))))
    assert counts[0] == counts[1]


def test_the_page_reads_no_day_that_was_counted(cast, answer, sign_in):
    answer(*range(1, 20))
    checkin_counts.count_past_days()
    client = sign_in(cast.officer.user)
    statements = statements_of(lambda: client.get(reverse("admin:reports")))
    (live,) = [sql for sql in statements if 'FROM "checkins_checkin"' in sql]
    assert f"BETWEEN '{today()}'::date AND '{today()}'::date" in live
    assert unbounded_scans(statements, {"checkins_checkin"}) == []
