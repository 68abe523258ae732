"""The pages on which a city words its questions."""

import pytest
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.checkins.models import QuestionSet
from apps.checkins.services.question_sets import (
    current_question_set,
    seed_questions,
)
from apps.checkins.shipped_questions import LEAD
from apps.people.models import Role
from tests import factories
from tests.browser import form_on
from tests.checkins.question_helpers import checked, draft, review_page_of

ADD = reverse("admin:checkins_questionset_add")


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
