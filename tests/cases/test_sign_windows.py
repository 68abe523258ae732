"""A rule opens its window of the students with news; the number of statements is the same for many."""

import datetime as dt
import uuid

import pytest

from apps.audit.models import Action, AuditEvent
from apps.cases.models import Rule, RuleCheck, Sign, SupportCase
from apps.cases.services import sign_checks, signs, student_facts
from apps.checkins.models import CheckIn
from apps.checkins.services.question_sets import current_question_set
from apps.checkins.services.submissions import submit
from apps.consent.models import Purpose
from apps.core import clock
from apps.core.clock import today
from apps.vault.models import SubjectKey
from apps.vault.services.key_pauses import pause_keys, resume_keys
from tests import factories
from tests.cases.conftest import break_facts_of
from tests.cases.sealed_rows import absences, put_rows
from tests.query_plans import statements_of, unbounded_scans

GROWING = {"checkins_checkin", "linkage_linkedrecord", "audit_auditevent"}
DAY = dt.timedelta(days=1)


def put_absences(students, *numbers, received_at=None):
    """Absences about days ago, as a sync writes them."""
    put_rows(students, "attendance_daily", absences(*numbers), received_at=received_at)


@pytest.fixture
def many(watched):
    """Eight students of whom attendance is linked."""
    students = [factories.student(watched.class_1, number=n) for n in range(20, 28)]
    for student in students:
        factories.guardian(student, email=f"{student.pk.hex}@example.com")
        factories.make_effective(student, Purpose.ATTENDANCE)
    return students


@pytest.fixture
def opened(monkeypatch):
    """The rows that were opened, in one list."""
    rows, real = [], student_facts.evaluate_columns

    def spy(model, found, **told):
        rows.extend(found)
        return real(model, found, **told)

    monkeypatch.setattr(student_facts, "evaluate_columns", spy)
    return rows


def test_only_rows_that_arrived_within_the_window_are_opened(watched, opened):
    put_absences([watched.sakura], *range(40, 240), received_at=clock.now() - 40 * DAY)
    put_absences([watched.sakura], 1, 2, 3)
    assert signs.update_signs() == 1
    assert len(opened) == 3


def test_old_facts_that_arrived_late_raise_nothing(watched, opened):
    put_absences([watched.sakura], *range(31, 60))
    assert signs.update_signs() == 0
    assert len(opened) == 29


def test_a_fact_of_the_first_day_of_the_window_counts(watched):
    first = today() - 29 * DAY
    morning = dt.datetime.combine(first, dt.time(8), clock.JST)
    put_absences([watched.sakura], 29, received_at=morning)
    put_absences([watched.sakura], 2, 5, 9, 12)
    assert signs.update_signs() == 1


def test_a_second_sweep_opens_nobody_and_news_of_one_opens_one(many, opened):
    put_absences(many, 1, 2)
    signs.update_signs()
    assert {row.student_id for row in opened} == {student.pk for student in many}
    opened.clear()
    signs.update_signs()
    assert opened == []
    put_absences(many[:1], 4)
    signs.update_signs()
    assert {row.student_id for row in opened} == {many[0].pk}


def test_twice_the_students_with_news_cost_the_same_statements(many):
    counts = []
    for students in (many[:2], many[2:6]):
        put_absences(students, 1, 2, 5, 9, 12)
        counts.append(len(statements_of(signs.update_signs)))
    assert Sign.objects.count() == SupportCase.objects.count() == 6
    assert counts[0] == counts[1]


def test_twice_the_renewed_signs_cost_the_same_statements(many):
    put_absences(many[:6], 2, 5, 9, 12, 16)
    signs.update_signs()
    counts = []
    for students in (many[:2], many[2:6]):
        put_absences(students, 1)
        counts.append(len(statements_of(signs.update_signs)))
    assert counts[0] == counts[1]
    assert AuditEvent.objects.filter(action=Action.SIGN_RAISED).count() == 12


def test_twice_the_cases_without_signs_cost_the_same_statements(many):
    counts = []
    for students in (many[:2], many[2:6]):
        put_absences(students, 2, 5, 9, 12, 16)
        signs.update_signs()
        Sign.objects.update(expires_at=clock.now())
        counts.append(len(statements_of(signs.update_signs)))
    assert not SupportCase.objects.open().exists()
    assert AuditEvent.objects.filter(action=Action.CASE_CLOSED).count() == 6
    assert counts[0] == counts[1]


def test_a_sweep_reads_no_growing_table_whole(many):
    put_absences(many, 1, 2, 5, 9, 12)
    assert unbounded_scans(statements_of(signs.update_signs), GROWING) == []
    assert unbounded_scans(statements_of(signs.update_signs), GROWING) == []


def test_more_students_than_a_transaction_takes_are_all_checked(many, monkeypatch):
    monkeypatch.setattr(sign_checks, "STUDENTS_AT_ONCE", 3)
    put_absences(many, 1, 2, 5, 9, 12)
    assert signs.update_signs() == 8


def test_rows_that_came_while_the_purpose_was_paused_are_opened_once_it_is_not(watched, opened):
    put_absences([watched.sakura], 2, 5, 9, 12, 16)
    keys = list(SubjectKey.objects.values_list("pk", flat=True))
    pause_keys(keys)
    assert signs.update_signs() == 0
    signs.update_signs()
    assert opened == []
    Rule.objects.update(swept_at=clock.now() + DAY)  # long after they came
    resume_keys(keys)
    assert signs.update_signs() == 1
    assert not RuleCheck.objects.filter(is_waiting=True).exists()


def test_a_row_that_was_committed_after_a_newer_one_is_opened(watched):
    put_absences([watched.sakura], 2, 5, 9, 12)
    signs.update_signs()
    put_absences([watched.sakura], 16, received_at=clock.now() - dt.timedelta(minutes=20))
    assert signs.update_signs() == 1


def test_one_student_whose_check_fails_stops_nobody_and_is_tried_again(many, monkeypatch, caplog):
    put_absences(many, 1, 2, 5, 9, 12)
    broken = many[3].pk
    with monkeypatch.context() as patch:
        break_facts_of(patch, many[3])
        assert signs.update_signs() == 7
    assert str(broken) in caplog.text
    assert signs.update_signs() == 1


def test_where_time_is_up_the_next_sweep_checks_the_others(many):
    put_absences(many, 1, 2, 5, 9, 12)
    (group,) = [each for each in sign_checks.rule_groups() if each.purpose == Purpose.ATTENDANCE]
    assert sign_checks.check_group(group, until=0) == (0, False)
    assert Rule.objects.get(code="R3").swept_at is None
    assert sign_checks.check_group(group, until=float("inf")) == (8, True)


def test_check_ins_that_arrive_late_are_news(watched):
    for days_ago in (3, 2, 1):
        submit(
            student=watched.sakura, question_set=current_question_set(), answers={"mood": 0},
            client_key=uuid.uuid4(), answered_on=today() - days_ago * DAY,
        )  # fmt: skip
        if days_ago == 2:
            assert signs.update_signs() == 0
    assert CheckIn.objects.count() == 3
    assert signs.update_signs() == 1
