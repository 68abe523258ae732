"""A city's own questions: drafted, checked, published, retired; never edited once in use."""

import uuid

import pytest
from django.db import IntegrityError, transaction

from apps.checkins import trend_rules
from apps.checkins.models import QuestionSet
from apps.checkins.services import question_drafts
from apps.checkins.services.question_drafts import (
    CannotPublishQuestions,
    draft_next_version,
    draft_problems,
    publish_draft,
    retire_question_set,
)
from apps.checkins.services.question_sets import (
    current_question_set,
    current_question_sets,
)
from apps.checkins.services.reading import own_days
from apps.checkins.services.submissions import submit
from apps.core.clock import today
from tests.checkins.question_helpers import checked, draft

# -- rules ----------------------------------------------------------------------------------------


def test_a_reworded_version_is_the_next_and_the_old_answers_keep_theirs(offered, city, officer):
    student = offered.sakura
    submit(
        student=student,
        question_set=current_question_set(),
        answers={"mood": 1},
        client_key=uuid.uuid4(),
    )
    question_set = draft(city, officer)
    assert (question_set.version, question_set.municipality, question_set.published_at) == (
        2,
        city,
        None,
    )
    assert current_question_set("daily", city.pk).version == 1
    question_set.questions.filter(code="mood").update(text="きょうの きもちは?")
    checked(question_set)
    publish_draft(question_set, by=officer)
    assert current_question_set("daily", city.pk).questions.all()[0].text == "きょうの きもちは?"
    assert current_question_set("daily", offered.away.pk).version == 1
    for mood in (4, 4, 4):
        submit(
            student=student, question_set=current_question_set("daily", city.pk),
            answers={"mood": mood}, client_key=uuid.uuid4(),
        )  # fmt: skip
    assert {day.version for day in own_days(student)} == {2}  # the day's latest
    points = [trend_rules.AnswerPoint(today(), version, 3) for version in (1, 1, 2, 2)]
    assert trend_rules.trend(points) == trend_rules.APART
    with pytest.raises(trend_rules.CannotCompare, match="not compared"):
        trend_rules.score_difference(points[0], points[-1])
    assert trend_rules.score_difference(points[0], points[1]) == 0


def test_there_is_one_open_draft_of_a_kind(city, officer):
    assert draft(city, officer) == draft(city, officer)


def test_publishing_ends_the_citys_version_before(city, officer):
    first = publish_draft(checked(draft(city, officer)), by=officer)
    second = publish_draft(
        checked(draft_next_version(first, municipality=city, by=officer)), by=officer
    )
    first.refresh_from_db()
    assert (first.retired_at is None, second.version) == (False, 3)
    with pytest.raises(CannotPublishQuestions):
        publish_draft(second, by=officer)


def test_retiring_a_shipped_set_asks_nothing_in_this_city_only(offered, city, officer):
    retire_question_set(QuestionSet.objects.get(code="weekly"), municipality=city, by=officer)
    assert current_question_set("weekly", city.pk) is None
    assert [each.code for each in current_question_sets(city.pk)] == ["daily"]
    assert current_question_set("weekly", offered.away.pk) is not None
    assert [each.code for each in current_question_sets(offered.away.pk)] == ["daily", "weekly"]


def test_the_daily_set_cannot_be_retired(city, officer):
    with pytest.raises(CannotPublishQuestions, match="毎日"):
        retire_question_set(QuestionSet.objects.get(code="daily"), municipality=city, by=officer)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda q: q.update(text="いまの気もち"), "読みがな"),
        (lambda q: q.update(text=" "), "文がありません"),
        (lambda q: [each.choices.all().delete() for each in q], "選択肢"),
        (lambda q: [each.choices.filter(value=4).update(value=9) for each in q], "値"),
        (lambda q: [each.choices.filter(value=4).update(label="最高") for each in q], "読みがな"),
    ],
)
def test_a_draft_that_a_student_could_not_read_or_others_misread_is_refused(
    city, officer, change, why
):
    question_set = draft(city, officer)
    assert list(draft_problems(question_set)) == []
    change(question_set.questions.filter(code="mood"))
    with pytest.raises(CannotPublishQuestions, match=why):
        publish_draft(question_set, by=officer)
    assert current_question_set("daily", city.pk).version == 1


# -- WHO-5 ----------------------------------------------------------------------------------------


def test_who5_ships_without_a_word_and_switched_off(city, officer):
    who5 = QuestionSet.objects.get(code="who5")
    assert current_question_set("who5", city.pk) is None
    assert [q.text for q in who5.questions.all()] == [""] * 5
    assert not any(c.label for q in who5.questions.all() for c in q.choices.all())
    question_set = draft(city, officer, "who5")
    for question in question_set.questions.all():
        question_drafts.replace_choices(question, [(n, "", f"{n}") for n in range(6)])
    question_set.questions.update(text="ためしの ぶん")
    with pytest.raises(CannotPublishQuestions, match="許諾"):
        publish_draft(question_set, by=officer)
    QuestionSet.objects.filter(pk=question_set.pk).update(permission="WHO 000000 / 2026-11-01")
    checked(question_set)
    publish_draft(question_set, by=officer)
    assert current_question_set("who5", city.pk).every_days == 14


def test_the_database_refuses_to_publish_it_without_permission(city):
    with pytest.raises(IntegrityError), transaction.atomic():
        QuestionSet.objects.filter(code="who5").update(published_at=f"{today()}T00:00Z")


@pytest.mark.parametrize(
    ("values", "percent"),
    [([5] * 5, 100), ([0] * 5, 0), ([3, 2, 3, 2, 3], 52), ([5, 5, 5, 5], None), ([5] * 4 + [6], None)],
)  # fmt: skip
def test_who5_is_the_raw_sum_times_four_or_nothing(values, percent):
    answers = {f"item{n}": value for n, value in enumerate(values, 1)}
    assert trend_rules.who5_percent(answers) == percent
