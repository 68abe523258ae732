"""A second person checks a draft of questions before it is published."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from apps.checkins.models import QuestionSet
from apps.checkins.services.question_drafts import (
    CannotPublishQuestions,
    check_draft,
    publish_draft,
    question_set_digest,
)
from tests.browser import form_on
from tests.checkins.question_helpers import checked, draft, review_page_of


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
