"""A city's own questions: drafted, checked, published, retired; never edited once in use."""

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.checkins import trend_rules
from apps.checkins.models import QuestionSet
from apps.checkins.services import question_drafts
from apps.checkins.services.question_drafts import (
    CannotPublishQuestions,
    check_draft,
    draft_next_version,
    draft_problems,
    publish_draft,
    question_set_digest,
    retire_question_set,
)
from apps.checkins.services.question_sets import (
    current_question_set,
    current_question_sets,
    seed_questions,
)
from apps.checkins.services.reading import own_days
from apps.checkins.services.submissions import submit
from apps.checkins.shipped_questions import LEAD
from apps.core.clock import today
from apps.people.models import Role
from tests import factories
from tests.browser import form_on

ADD = reverse("admin:checkins_questionset_add")


@pytest.fixture
def city(offered):
    return offered.city


@pytest.fixture
def officer(offered):
    return offered.officer.user


def draft(city, officer, code="daily"):
    return draft_next_version(
        QuestionSet.objects.get(code=code, municipality=None), municipality=city, by=officer
    )


def checked(question_set):
    """The draft, read by a second person."""
    second = factories.staff_post(Role.CITY, of=question_set.municipality, name="二人目").user
    return check_draft(
        question_set,
        by=second,
        seen=question_set_digest(QuestionSet.objects.get(pk=question_set.pk)),
    )


def review_page_of(question_set):
    return reverse("admin:checkins_questionset_review", args=[question_set.pk])


def inline(questions, **changed):
    """The admin's form of these questions; ``changed`` by the first question's field."""
    data = {"questions-TOTAL_FORMS": len(questions), "questions-INITIAL_FORMS": len(questions)}
    for n, question in enumerate(questions):
        for name in ("order", "code", "kind", "text", "hint"):
            data[f"questions-{n}-{name}"] = getattr(question, name)
        data[f"questions-{n}-id"] = question.pk
        data[f"questions-{n}-options"] = "\n".join(
            f"{c.value} | {c.picture} | {c.label}" for c in question.choices.all()
        )
    data.update({f"questions-0-{name}": value for name, value in changed.items()})
    return data


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


# -- admin pages ----------------------------------------------------------------------------------


def test_the_city_rewords_looks_and_publishes(offered, city, sign_in):
    desk = sign_in(offered.officer.user)
    shipped = QuestionSet.objects.get(code="daily")
    answer = desk.post(review_page_of(shipped), {"verb": "draft"})
    question_set = QuestionSet.objects.get(municipality=city)
    assert answer.url == review_page_of(question_set)
    change = reverse("admin:checkins_questionset_change", args=[question_set.pk])
    assert "4 | sun | とても いい" in desk.get(change).content.decode()
    data = {
        "title": question_set.title, "lead": question_set.lead, "every_days": 1,
        **inline(
            list(question_set.questions.all()), text="きょうは どんな きもち?",
            options="4 | sun | さいこう\n0 | storm | つらい",
        ),
    }  # fmt: skip
    assert desk.post(change, data).url == review_page_of(question_set)
    page = desk.get(review_page_of(question_set)).content.decode()
    assert "さいこう" in page and "使いはじめる前に" not in page
    assert "disabled" in desk.get(review_page_of(question_set)).content.decode()
    second = sign_in(offered.nurse.user)
    second.post(
        review_page_of(question_set),
        form_on(second.get(review_page_of(question_set)), "seen") | {"verb": "check"},
    )
    desk.post(review_page_of(question_set), {"verb": "publish"})
    first = current_question_set("daily", city.pk).questions.all()[0]
    assert [c.label for c in first.choices.all()] == ["さいこう", "つらい"]
    assert AuditEvent.objects.filter(thing="checkins.QuestionSet").count() == 4
    assert desk.post(change, data).status_code == 403  # in use: read only
    assert (
        "さいこう" in sign_in(offered.sakura.user).get(reverse("checkins:today")).content.decode()
    )


@pytest.mark.parametrize(
    "options", ["4 sun いい", "x | sun | いい", "4 | dragon | いい", "1||あ\n1||い"]
)
def test_choices_that_are_no_lines_come_back_with_a_sentence(offered, city, sign_in, options):
    question_set = draft(city, offered.officer.user)
    change = reverse("admin:checkins_questionset_change", args=[question_set.pk])
    data = {
        "title": question_set.title, "lead": question_set.lead, "every_days": 1,
        **inline(list(question_set.questions.all()), options=options),
    }  # fmt: skip
    page = sign_in(offered.officer.user).post(change, data)
    assert page.status_code == 422
    assert "errorlist" in page.content.decode()
    assert question_set.questions.first().choices.count() == 5


def test_a_new_kind_of_set_begins_empty_and_an_old_kind_is_refused(offered, city, sign_in):
    desk = sign_in(offered.officer.user)
    none = {"questions-TOTAL_FORMS": 0, "questions-INITIAL_FORMS": 0}
    new = {"code": "exam", "title": "テストの ころ", "lead": LEAD, "every_days": 30, **none}
    desk.post(ADD, new)
    question_set = QuestionSet.objects.get(code="exam")
    assert (question_set.municipality, question_set.version) == (city, 1)
    assert "質問がありません" in desk.get(review_page_of(question_set)).content.decode()
    desk.post(review_page_of(question_set), {"verb": "publish"})
    assert current_question_set("exam", city.pk) is None
    before = QuestionSet.objects.count()
    answer = desk.post(ADD, {**new, "code": "daily"}, follow=True)
    assert "もうあります" in answer.content.decode()
    assert QuestionSet.objects.count() == before


def test_a_new_set_with_questions_is_kept_with_its_choices(offered, city, sign_in):
    data = {
        "code": "exam", "title": "テストの ころ", "lead": LEAD, "every_days": 30,
        "questions-TOTAL_FORMS": 1, "questions-INITIAL_FORMS": 0,
        "questions-0-order": 1, "questions-0-code": "calm", "questions-0-kind": "scale",
        "questions-0-text": "おちついて いますか。", "questions-0-options": "1 | | はい\n0 | | いいえ",
    }  # fmt: skip
    desk = sign_in(offered.officer.user)
    desk.post(ADD, data)
    question_set = QuestionSet.objects.get(code="exam")
    checked(question_set)
    assert desk.post(review_page_of(question_set), {"verb": "publish"}).status_code == 302
    assert len(current_question_set("exam", city.pk).questions.all()[0].choices.all()) == 2
    browser = sign_in(offered.sakura.user)
    page = browser.get(reverse("checkins:more", args=["exam"]))
    assert "おちついて いますか。" in page.content.decode()


def test_who_cares_reads_and_nobody_else_edits(offered, sign_in):
    shipped = QuestionSet.objects.get(code="daily")
    for who in ("homeroom", "nurse", "principal"):
        staff = sign_in(getattr(offered, who).user)
        page = staff.get(review_page_of(shipped))
        assert "次の版を作る" not in page.content.decode()
        assert staff.post(review_page_of(shipped), {"verb": "draft"}).status_code == 404
        assert staff.get(ADD).status_code == 403
    assert sign_in(offered.helpdesk.user).get(review_page_of(shipped)).status_code == 404
    assert not QuestionSet.objects.exclude(municipality=None).exists()


def test_another_citys_versions_do_not_exist(offered, sign_in):
    question_set = draft(offered.city, offered.officer.user)
    elsewhere = factories.staff_post(Role.CITY, of=offered.away)
    desk = sign_in(elsewhere.user)
    assert desk.get(review_page_of(question_set)).status_code == 404
    assert desk.post(review_page_of(question_set), {"verb": "publish"}).status_code == 404


@pytest.mark.parametrize("verb", ["", "delete"])
def test_an_unknown_verb_does_nothing(offered, sign_in, verb):
    shipped = QuestionSet.objects.get(code="daily")
    assert (
        sign_in(offered.officer.user).post(review_page_of(shipped), {"verb": verb}).status_code
        == 404
    )


def test_a_set_that_is_not_in_use_is_no_page(offered, sign_in):
    seed_questions()
    answer = sign_in(offered.sakura.user).get(reverse("checkins:more", args=["who5"]))
    assert answer.status_code == 404


# -- two people -----------------------------------------------------------------------------------


def test_who_wrote_the_questions_does_not_check_them(city, officer, sign_in):
    question_set = draft(city, officer)
    with pytest.raises(CannotPublishQuestions, match="書いた人のほか"):
        check_draft(question_set, by=officer, seen=question_set_digest(question_set))
    with pytest.raises(CannotPublishQuestions, match="二人目"):
        publish_draft(question_set, by=officer)
    page = sign_in(officer).get(review_page_of(question_set)).content.decode()
    assert "保健室の先生(養護教諭" in page and "ぜんぶ読んで、確かめました" not in page


@pytest.mark.parametrize("who", ["nurse", "counsellor", "principal"])
def test_the_second_person_finds_the_draft_and_checks_it(offered, city, officer, sign_in, who):
    question_set = draft(city, officer)
    second = sign_in(getattr(offered, who).user)
    assert "確認を待つ質問" in second.get("/admin/").content.decode()
    page = second.get(review_page_of(question_set))
    second.post(review_page_of(question_set), form_on(page, "seen") | {"verb": "check"})
    question_set.refresh_from_db()
    assert question_set.checked_by == getattr(offered, who).user
    assert "確認を待つ質問" not in second.get("/admin/").content.decode()
    assert publish_draft(question_set, by=officer).published_at


@pytest.mark.parametrize("who", ["homeroom", "helpdesk", "away_nurse"])
def test_others_do_not_check(offered, city, officer, sign_in, who):
    question_set = draft(city, officer)
    answer = sign_in(getattr(offered, who).user).post(
        review_page_of(question_set), {"verb": "check", "seen": question_set_digest(question_set)}
    )
    assert answer.status_code == 404
    question_set.refresh_from_db()
    assert question_set.checked_by is None


def test_a_changed_draft_is_checked_again(offered, city, officer, sign_in):
    question_set = checked(draft(city, officer))
    change = reverse("admin:checkins_questionset_change", args=[question_set.pk])
    desk = sign_in(officer)
    form = form_on(desk.get(change))
    assert desk.post(change, form).status_code == 302  # nothing changed: still checked
    question_set.refresh_from_db()
    assert question_set.checked_by_id
    assert desk.post(change, {**form, "questions-0-text": "いま どうですか。"}).status_code == 302
    question_set.refresh_from_db()
    assert (question_set.checked_by, question_set.checked_digest) == (None, "")
    with pytest.raises(CannotPublishQuestions, match="二人目"):
        publish_draft(question_set, by=officer)


def test_words_changed_past_the_form_are_not_published_as_checked(city, officer):
    question_set = checked(draft(city, officer))
    question_set.questions.filter(code="mood").update(text="べつの しつもん")
    with pytest.raises(CannotPublishQuestions, match="二人目"):
        publish_draft(question_set, by=officer)


def test_what_changed_while_reading_is_not_checked(offered, city, officer):
    question_set = draft(city, officer)
    seen = question_set_digest(question_set)
    question_set.questions.filter(code="mood").update(text="べつの しつもん")
    with pytest.raises(CannotPublishQuestions, match="見ているあいだに"):
        check_draft(question_set, by=offered.nurse.user, seen=seen)


@pytest.mark.parametrize("fields", [{}, {"checked": "writer"}])
def test_the_database_refuses_questions_of_one_person(city, officer, fields):
    question_set = draft(city, officer)
    values = {"published_at": timezone.now()}
    if fields:
        values |= {"checked_by": officer, "checked_at": timezone.now(), "checked_digest": "x"}
    with pytest.raises(IntegrityError), transaction.atomic():
        QuestionSet.objects.filter(pk=question_set.pk).update(**values)
