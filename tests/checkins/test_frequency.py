"""When a student is asked: chosen frequency, holidays, school breaks."""

import re
import uuid
from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.models import AuditEvent
from apps.checkins import frequency_rules
from apps.checkins.frequency_rules import ANSWERED, DUE, ENOUGH, HOLIDAY, PAUSED
from apps.checkins.models import ChosenFrequency
from apps.checkins.services.frequencies import asking_status, choose_frequency, frequency_of
from apps.checkins.services.question_sets import current_question_set
from apps.checkins.services.submissions import submit
from apps.people.models import SchoolBreak
from tests.ruby_readings import kanji_without_reading

PAGE, HOME = reverse("checkins:frequency"), reverse("portal:home")
MONDAY = date(2026, 11, 16)
days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
frequencies_a_week = st.sampled_from(sorted(frequency_rules.TIMES_A_WEEK))


def at(day, hour=9):
    return time_machine.travel(f"{day.isoformat()}T{hour:02}:00:00+09:00", tick=False)


# -- pure -----------------------------------------------------------------------------------------


@given(days, frequencies_a_week, st.sets(days))
def test_who_rests_is_never_asked_and_nobody_twice_a_day(day, chosen, answered):
    state = frequency_rules.asking_state(chosen, day=day, answered_on=answered)
    assert (state == PAUSED) == (chosen == frequency_rules.REST)
    if state == DUE:
        assert day not in answered
        assert not frequency_rules.is_rest_day(day)


@given(days, frequencies_a_week)
def test_in_a_week_nobody_is_asked_more_often_than_chosen(day, chosen):
    monday, answered = frequency_rules.monday_of(day), set()
    for n in range(7):
        each = monday + timedelta(n)
        if frequency_rules.asking_state(chosen, day=each, answered_on=answered) == DUE:
            answered.add(each)
    assert len(answered) <= frequency_rules.TIMES_A_WEEK[chosen]


@given(days, st.sets(days))
def test_answers_of_another_week_change_nothing(day, answered):
    others = {
        on for on in answered if frequency_rules.monday_of(on) != frequency_rules.monday_of(day)
    }
    one = frequency_rules.asking_state(frequency_rules.WEEKLY, day=day, answered_on=others)
    assert one == frequency_rules.asking_state(frequency_rules.WEEKLY, day=day, answered_on=set())


def test_three_times_a_week_is_enough_until_monday():
    answered = {MONDAY, MONDAY + timedelta(1), MONDAY + timedelta(2)}
    for n, state in ((2, ANSWERED), (3, ENOUGH), (5, HOLIDAY), (7, HOLIDAY), (8, DUE)):
        found = frequency_rules.asking_state(
            frequency_rules.THRICE, day=MONDAY + timedelta(n), answered_on=answered
        )
        assert found == state, n  # the Monday after is 勤労感謝の日


@pytest.mark.parametrize("on", [date(2026, 11, 23), date(2026, 11, 21), date(2027, 3, 22)])
def test_weekends_holidays_and_substitute_holidays_rest(on):
    assert frequency_rules.is_rest_day(on)


def test_the_schools_own_break_rests_to_its_last_day():
    span = [(date(2026, 12, 24), date(2027, 1, 7))]
    assert frequency_rules.is_rest_day(date(2027, 1, 7), span)
    assert not frequency_rules.is_rest_day(date(2027, 1, 8), span)


@given(days, st.integers(1, 30))
def test_a_set_is_due_after_its_days(day, every):
    assert frequency_rules.is_due_again(None, day=day, every_days=every)
    assert frequency_rules.is_due_again(day - timedelta(every), day=day, every_days=every)
    assert not frequency_rules.is_due_again(day - timedelta(every - 1), day=day, every_days=every)


# -- for a student --------------------------------------------------------------------------------


def answer(student, code="daily"):
    submit(
        student=student,
        question_set=current_question_set(code),
        answers={},
        client_key=uuid.uuid4(),
    )


def test_without_a_choice_every_school_day_is_asked(offered):
    with at(MONDAY):
        assert (asking_status(offered.sakura).state, frequency_of(offered.sakura)) == (DUE, "daily")
        answer(offered.sakura)
        assert asking_status(offered.sakura).state == ANSWERED
    with at(MONDAY + timedelta(1)):
        assert asking_status(offered.sakura).is_due


def test_the_own_choice_is_kept_and_recorded(offered):
    with at(MONDAY):
        choose_frequency(offered.sakura, "weekly")
        choose_frequency(offered.sakura, "rest")
        assert asking_status(offered.sakura).state == PAUSED
        assert asking_status(offered.ren).state == DUE
    assert ChosenFrequency.objects.get().frequency == "rest"
    assert AuditEvent.objects.filter(thing="checkins.ChosenFrequency").count() == 2


def test_a_break_of_the_school_rests_the_prompt_there_only(offered):
    SchoolBreak.objects.create(
        municipality=offered.city, school=offered.school, title="秋休み",
        begins_on=MONDAY, ends_on=MONDAY,
    )  # fmt: skip
    with at(MONDAY):
        assert asking_status(offered.sakura).state == HOLIDAY
    with at(MONDAY + timedelta(1)):
        assert asking_status(offered.sakura).state == DUE


def test_the_weekly_questions_come_again_after_seven_days(offered):
    def more(day):
        with at(day):
            return [each.code for each in asking_status(offered.sakura).more]

    assert more(MONDAY) == ["weekly"]
    with at(MONDAY):
        answer(offered.sakura, "weekly")
    assert more(MONDAY + timedelta(4)) == []
    assert more(MONDAY + timedelta(8)) == ["weekly"]
    assert more(MONDAY + timedelta(5)) == []  # Saturday: nothing is asked


# -- pages ----------------------------------------------------------------------------------------


@pytest.fixture
def sakura(offered, sign_in):
    return sign_in(offered.sakura.user)


def text(page):
    return re.sub(r"<r[tp][^>]*>.*?</r[tp]>|<[^>]+>|\s", "", page.content.decode())


@pytest.mark.parametrize(
    ("day", "chosen", "words"),
    [
        (date(2026, 11, 21), "daily", "きょうは学校がお休みです"),
        (MONDAY, "rest", "チェックインをお休みしています"),
        (MONDAY, "daily", "いまの気もちはどれに近いですか。"),
    ],
)
def test_the_first_page_says_why_it_does_not_ask_and_always_offers_to_talk(
    offered, sign_in, day, chosen, words
):
    choose_frequency(offered.sakura, chosen)
    with at(day):
        page = sign_in(offered.sakura.user).get(HOME)
    assert words in text(page)
    assert reverse("helpline:start") in page.content.decode()
    assert reverse("checkins:today") in page.content.decode()
    assert kanji_without_reading(page.content.decode()) == []


def test_choosing_works_and_comes_home(sakura, offered):
    assert 'value="daily" checked' in sakura.get(PAGE).content.decode()
    page = sakura.post(PAGE, {"frequency": "thrice"}, follow=True)
    assert page.redirect_chain == [(HOME, 302)]
    assert "回数をかえました" in text(page)
    assert frequency_of(offered.sakura) == "thrice"
    assert kanji_without_reading(sakura.get(PAGE).content.decode()) == []


@pytest.mark.parametrize("bad", [{}, {"frequency": ""}, {"frequency": "hourly"}])
def test_an_unknown_frequency_is_refused_in_words(sakura, bad):
    page = sakura.post(PAGE, bad)
    assert page.status_code == 422
    assert "どれか1つをえらんでください" in text(page)
    assert not ChosenFrequency.objects.exists()


def test_wrong_method_anonymous_and_wrong_person(offered, client, sakura, sign_in):
    assert sakura.put(PAGE).status_code == 405
    assert client.get(PAGE).status_code == 302
    for who in (offered.midori, offered.nurse):
        assert sign_in(who.user).post(PAGE, {"frequency": "rest"}).status_code == 404
