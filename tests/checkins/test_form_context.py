"""Opening a form: the right questions, cached HTML, and no text of another student."""

import uuid

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from apps.checkins import page_context
from apps.checkins.models import QuestionSet
from apps.checkins.services import question_drafts
from apps.checkins.services.form_context import load_form_context
from apps.checkins.services.question_sets import current_question_set
from apps.checkins.services.submissions import submit
from apps.consent.models import Purpose
from apps.core.templatetags.japanese import ruby
from apps.people.models import Role
from tests import factories


def send(student, question_set=None, answers=None):
    submit(
        student=student,
        question_set=question_set or current_question_set(),
        answers=answers or {"mood": 2},
        client_key=uuid.uuid4(),
    )


@pytest.fixture
def sakura(offered, sign_in):
    return sign_in(offered.sakura.user)


def own(of, code, by, *, published=True, retired=False):
    """A city's own version of a shipped set."""
    shipped = QuestionSet.objects.get(municipality=None, code=code)
    draft = question_drafts.draft_next_version(shipped, municipality=of, by=by.user)
    second = factories.staff_post(Role.CITY, of=of).user
    draft = question_drafts.check_draft(
        draft, by=second, seen=question_drafts.question_set_digest(draft)
    )
    draft.published_at = timezone.now() if published else None
    draft.retired_at = timezone.now() if retired else None
    draft.save()
    return draft


@pytest.mark.parametrize(
    "settings_row",
    [None, {}, {"published": False}, {"retired": True}],
    ids=["shipped", "own", "draft", "over"],
)
@pytest.mark.parametrize("code", ["daily", "weekly", "none"])
def test_the_questions_are_those_in_use_in_the_city(offered, settings_row, code):
    own(offered.away, "daily", offered.officer)
    if settings_row is not None and code != "none":
        own(offered.city, code, offered.officer, **settings_row)
    found = load_form_context(offered.sakura, code)
    assert found.question_set == current_question_set(code, offered.city.pk)
    assert found.key_id is not None


def test_without_consent_there_is_no_key(offered):
    assert load_form_context(offered.ren, "daily").key_id is None


AGAIN = "もう ｜送《おく》って います"


def test_only_the_questions_that_were_sent_today_are_said_to_be_sent(offered, sakura):
    def says_so(path):
        return str(ruby(AGAIN)) in sakura.get(path).content.decode()

    assert not says_so("/checkin/") and not says_so("/checkin/week/")
    send(offered.sakura)
    assert says_so("/checkin/")
    assert not says_so("/checkin/week/")
    assert not says_so("/checkin/set/weekly/")
    send(offered.sakura, current_question_set("weekly"), {"safe": 3})
    assert says_so("/checkin/week/")


def test_what_was_sent_yesterday_is_not_said_to_be_sent_today(offered, sakura):
    with time_machine.travel("2026-11-24 10:00+09:00"):
        send(offered.sakura)
    with time_machine.travel("2026-11-25 10:00+09:00"):
        assert not load_form_context(offered.sakura, "daily").again


def test_a_form_is_drawn_once_for_everybody(offered):
    questions = current_question_set()
    assert page_context.form_html(questions, {}) is page_context.form_html(questions, {})
    assert page_context.form_html(questions, {"mood": "1"}, "body") is not page_context.form_html(
        questions, {}
    )


def test_a_form_with_a_students_words_is_kept_nowhere(offered):
    factories.make_effective(offered.ren, Purpose.CHECKIN_REVIEW)
    browsers = {}
    for student in (offered.sakura, offered.ren):
        browsers[student] = Client()
        factories.force_sign_in(browsers[student], student.user)
    wrong = {
        "question_set": current_question_set().pk, "client_key": uuid.uuid4(), "mood": "9", "words": "ひみつ",
    }  # fmt: skip
    answer = browsers[offered.sakura].post("/checkin/", wrong)
    assert (answer.status_code, "ひみつ" in answer.content.decode()) == (422, True)
    for browser in browsers.values():
        assert "ひみつ" not in browser.get("/checkin/").content.decode()


def test_what_is_no_question_of_the_set_makes_no_new_form(offered):
    questions = current_question_set()
    assert page_context.form_html(
        questions, {"x": "1", "csrfmiddlewaretoken": "a"}
    ) is page_context.form_html(questions, {})
