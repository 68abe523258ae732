"""Each rule finds its rows; rows are opened once for all rules; days alone raise signs."""

import datetime as dt
import uuid

import pytest

from apps.audit.models import Action, AuditEvent
from apps.cases.models import Rule, RuleCheck, Sign, SupportCase
from apps.cases.services import case_queue, signs
from apps.cases.services.casework import open_case
from apps.cases.services.student_events import record_event
from apps.checkins.models import ChosenFrequency
from apps.checkins.services.question_sets import current_question_set
from apps.checkins.services.submissions import submit
from apps.consent.models import Purpose
from apps.core import clock
from apps.core.clock import today
from apps.linkage.models import Freshness
from apps.vault.services.sealed_content import OpeningReason
from tests import factories
from tests.cases.sealed_rows import absences, days_ago, put_rows
from tests.query_plans import statements_of
from tests.vault.sealing_helpers import source

DAY = dt.timedelta(days=1)


def found():
    """The codes of the signs there are."""
    return sorted(Sign.objects.values_list("rule__code", flat=True))


def agree(cast, *purposes):
    for purpose in purposes:
        factories.make_effective(cast.sakura, purpose)


def answer(cast, answers, *, days_before=0, code="daily"):
    answer_as(cast.sakura, answers, days_before=days_before, code=code)


def answer_as(student, answers=None, *, days_before=0, code="daily"):
    submit(
        student=student, question_set=current_question_set(code), answers=answers or {"mood": 3},
        client_key=uuid.uuid4(), answered_on=today() - days_before * DAY,
    )  # fmt: skip


def studied(cast, *numbers):
    agree(cast, Purpose.STUDY_LOG)
    values = [{"verb": "v", "timestamp": f"{days_ago(n)}T03:00:00+00:00"} for n in numbers]
    put_rows([cast.sakura], "statement", values)


def source_tells(cast, day):
    Freshness.objects.update_or_create(
        source=source(cast.school), kind="statement",
        defaults={"until_on": day, "read_at": clock.now()},
    )  # fmt: skip


def record(cast, **changes):
    told = {
        "actor": cast.nurse.user, "kind": "bullying", "happened_on": today(), "source": "student",
        "words": "くつを かくされた", "form_key": uuid.uuid4(),
    }  # fmt: skip
    return record_event(cast.sakura, **(told | changes))


# -- each rule and its rows -----------------------------------------------------------------------


def test_nurse_visits(watched):
    agree(watched, Purpose.NURSE_ROOM)
    visits = [{"date": days_ago(n), "half": "AM", "visit": "COUNSEL"} for n in (0, 3, 9)]
    put_rows([watched.sakura], "nurse_visit", visits)
    signs.update_signs()
    assert found() == ["R4"]


def test_a_wish_to_talk_speaks_with_one_answer_and_wakes_a_worker(watched, monkeypatch):
    woken = []
    monkeypatch.setattr(clock, "wake_worker", woken.append)
    answer(watched, {"talk": 1})
    assert woken == []
    answer(watched, {"talk": 3})
    assert woken == ["cases.sweep"]
    signs.update_signs()
    assert found() == ["R6"]


def test_a_recorded_event_speaks_at_once_and_needs_no_consent(watched, monkeypatch):
    woken = []
    monkeypatch.setattr(clock, "wake_worker", woken.append)
    watched.take_back(watched.sakura, Purpose.ATTENDANCE)
    record(watched)
    assert "cases.sweep" in woken
    signs.update_signs()
    assert found() == ["R7"]
    case = open_case(SupportCase.objects.get(), actor=watched.nurse.user, reason="sign")
    (sign,) = case.signs
    assert "いじめ" in sign.facts[0][1]
    assert "学校の記録" in sign.sources[0]


def test_weekly_answers(watched):
    for n in (8, 1):
        answer(watched, {"safe": 1, "fun": 4}, days_before=n, code="weekly")
    signs.update_signs()
    assert found() == ["R9"]


def test_grades(watched):
    agree(watched, Purpose.GRADES)
    terms = [("3", 2025, 5), ("1", 2026, 3)]
    values = [
        {"year": year, "term": term, "subject": subject, "aspects": ["A"] * 3, "rating": rating}
        for term, year, rating in terms
        for subject in ("J010", "J020")
    ]
    put_rows([watched.sakura], "grades", values)
    signs.update_signs()
    assert found() == ["R10"]


def test_household_income_and_allowances_open_nothing_and_order_nothing(watched, case):
    before = [(row.url, row.why) for row in case_queue.queue_for(watched.nurse.user)]
    for kind in ("household", "income", "allowances"):
        agree(watched, Purpose(kind))
        put_rows([watched.sakura], kind, [{"band": "non_taxable", "single": True}])
    n_events = AuditEvent.objects.filter(action=Action.SEALED_EVALUATED).count()
    assert signs.update_signs() == 0
    assert AuditEvent.objects.filter(action=Action.SEALED_EVALUATED).count() == n_events
    assert [(r.url, r.why) for r in case_queue.queue_for(watched.nurse.user)] == before


# -- once for all rules ---------------------------------------------------------------------------


def test_rows_are_opened_and_recorded_once_for_all_rules_of_a_purpose(watched):
    watched.feels(watched.sakura, 4, 4, 4, 4, 4, 1, 1, 1)
    signs.update_signs()
    (event,) = AuditEvent.objects.filter(action=Action.SEALED_EVALUATED)
    assert set(event.detail.split()) >= {"R1/1", "R2/1", "R6/1", "R9/1"}
    assert RuleCheck.objects.count() == 1
    assert found() == ["R1", "R2"]


def test_more_rules_of_one_purpose_cost_no_more_statements(watched):
    Rule.objects.filter(purpose=Purpose.CHECKIN_REVIEW).exclude(code="R1").update(
        retired_at=clock.now()
    )
    watched.feels(watched.sakura, 3, 3)
    one = len(statements_of(signs.update_signs))
    Rule.objects.filter(purpose=Purpose.CHECKIN_REVIEW).update(retired_at=None)
    watched.feels(watched.sakura, 3, 3)
    assert len(statements_of(signs.update_signs)) == one


def test_a_sign_keeps_from_where_its_facts_came(watched, case):
    opened = open_case(case, actor=watched.nurse.user, reason=OpeningReason.SIGN)
    (line,) = opened.signs[0].sources
    assert "出欠" in line
    assert "ファイル" in line


# -- when only days pass --------------------------------------------------------------------------


def test_little_study_speaks_when_days_pass_and_nothing_arrives(watched, time_machine):
    studied(watched, *range(0, 21))
    source_tells(watched, today())
    signs.update_signs()
    assert found() == []
    days = 0
    while not found():
        days += 1
        time_machine.shift(DAY)
        source_tells(watched, today())
        signs.update_signs()
        assert days < 7
    assert found() == ["R5"]


def test_a_source_that_is_late_is_no_silence(watched, time_machine):
    studied(watched, *range(0, 21))
    source_tells(watched, today())
    signs.update_signs()
    for _ in range(9):
        time_machine.shift(DAY)
        signs.update_signs()
    assert found() == []


def falls_silent(cast):
    """Absences that rise, and the last answer three days ago."""
    put_rows([cast.sakura], "attendance_daily", absences(0, 1))
    answer(cast, {"mood": 3}, days_before=3)


def test_silence_with_absence_speaks_when_days_pass_and_nothing_arrives(watched, time_machine):
    falls_silent(watched)
    signs.update_signs()
    assert found() == []
    for _ in range(12):
        time_machine.shift(DAY)
        signs.update_signs()
    assert found() == ["R8"]
    assert Sign.objects.count() == 1


def test_who_answers_meanwhile_is_not_silent(watched, time_machine):
    falls_silent(watched)
    signs.update_signs()
    time_machine.shift(5 * DAY)
    answer(watched, {"mood": 3})
    for _ in range(8):
        time_machine.shift(DAY)
        signs.update_signs()
    assert found() == []


def test_the_days_on_which_attendance_was_checked_tell_nothing_of_silence(watched, time_machine):
    """Two students with the same absences: one answers, one falls silent and gets a sign."""
    pair = [watched.sakura, watched.ren]
    for student in pair:
        for purpose in (Purpose.ATTENDANCE, Purpose.CHECKIN_REVIEW):
            factories.make_effective(student, purpose)
    put_rows(pair, "attendance_daily", absences(0, 1))
    for student in pair:
        answer_as(student, days_before=3)
    for n in range(16):
        signs.update_signs()
        time_machine.shift(DAY)
        if n % 4 == 0:
            answer_as(watched.ren)
    assert [sign.student for sign in Sign.objects.all()] == [watched.sakura]
    checked = AuditEvent.objects.filter(
        action=Action.SEALED_EVALUATED, purpose=Purpose.ATTENDANCE
    ).values_list("at__date", flat=True)
    of_silent, of_other = (set(checked.filter(subject_id=student.pk)) for student in pair)
    assert len(of_silent) > 4
    assert of_silent == of_other


def test_who_does_not_want_to_be_asked_is_not_silent(watched, time_machine):
    falls_silent(watched)
    ChosenFrequency.objects.create(
        municipality=watched.city, student=watched.sakura, frequency="rest"
    )
    signs.update_signs()
    time_machine.shift(12 * DAY)
    signs.update_signs()
    assert found() == []


def silent(cast, time_machine):
    falls_silent(cast)
    time_machine.shift(12 * DAY)
    signs.update_signs()
    assert found() == ["R8"]


def test_a_sign_that_needs_two_purposes_goes_with_either(watched, time_machine):
    silent(watched, time_machine)
    watched.take_back(watched.sakura, Purpose.CHECKIN_REVIEW)
    assert case_queue.queue_for(watched.nurse.user) == []
    assert not Sign.objects.readable().exists()
    signs.update_signs()
    assert not Sign.objects.exists()


def test_without_the_other_purpose_the_rule_says_nothing(watched, time_machine):
    falls_silent(watched)
    watched.take_back(watched.sakura, Purpose.CHECKIN_REVIEW)
    time_machine.shift(12 * DAY)
    signs.update_signs()
    assert found() == []


# -- versions, good signs -------------------------------------------------------------------------


def next_version(code, **parameters):
    rule = Rule.objects.active().get(code=code)
    rule.retired_at = clock.now()
    rule.save()
    return Rule.objects.create(
        municipality=rule.municipality, code=code, version=rule.version + 1, title=rule.title,
        purpose=rule.purpose, parameters=rule.parameters | parameters, activated_at=clock.now(),
    )  # fmt: skip


def test_a_new_version_looks_at_what_is_there_and_its_sign_bears_it(watched):
    watched.absent(watched.sakura, 2, 5, 9, 12)
    signs.update_signs()
    assert found() == []
    rule = next_version("R3", absences=4)
    signs.update_signs()
    assert Sign.objects.get().rule == rule


def test_a_new_version_renews_the_sign_of_the_old_one(watched, case):
    rule = next_version("R3", absences=4)
    assert signs.update_signs() == 0  # the same evidence
    watched.absent(watched.sakura, 1)
    assert signs.update_signs() == 1
    assert Sign.objects.get().rule == rule


@pytest.mark.parametrize("has_case", [True, False])
def test_a_return_to_school(watched, has_case):
    attended = [*absences(5, 8, 9, 10), *absences(2, 1, 0, mark="PRESENT")]
    if not has_case:
        Rule.objects.filter(code="R3").update(retired_at=clock.now())
    put_rows([watched.sakura], "attendance_daily", attended)
    signs.update_signs()
    assert found() == (["P2", "R3"] if has_case else [])
    if has_case:
        (row,) = case_queue.queue_for(watched.nurse.user)
        assert [line for line in row.why if "P2" in line] == []
        opened = open_case(SupportCase.objects.get(), actor=watched.nurse.user, reason="sign")
        assert sorted(one.sign.rule.code for one in opened.signs) == ["P2", "R3"]


def test_a_case_with_good_signs_alone_ends_by_itself(watched):
    test_a_return_to_school(watched, True)
    Sign.objects.filter(rule__code="R3").update(expires_at=clock.now())
    signs.update_signs()
    assert not SupportCase.objects.open().exists()
