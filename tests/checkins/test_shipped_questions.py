"""Our own questions are content: stored as published, and shown in the reader's language."""

import hashlib

import pytest
from django.urls import reverse
from django.utils import translation

from apps.checkins import frequency_rules
from apps.checkins.models import Question, QuestionChoice, QuestionSet
from apps.checkins.services.question_sets import seed_questions
from apps.checkins.shipped_questions import (
    SHIPPED_QUESTION_SETS,
    as_seeded,
    in_page_language,
)
from apps.people.services.page_languages import choose_language

# What each shipped version says, in easy Japanese. Other words are a new version of the set.
PUBLISHED = {
    "daily 1": "6311c72036466ab7",
    "weekly 1": "0652f5cf3c98f9a4",
    "who5 1": "f51c8d66267b5a1e",
}


def digest_of(shipped_set):
    said = [shipped_set.title, shipped_set.lead]
    for question in shipped_set.questions:
        said += [question.text, question.hint, *(choice.label for choice in question.options)]
    return hashlib.sha256("\n".join(map(as_seeded, said)).encode()).hexdigest()[:16]


def test_a_shipped_version_says_what_it_said_when_it_was_published():
    assert {
        f"{each.code} {each.version}": digest_of(each) for each in SHIPPED_QUESTION_SETS
    } == PUBLISHED


@pytest.mark.parametrize("language", ["ja", "en"])
def test_questions_are_stored_in_easy_japanese_whoever_seeds_them(db, language):
    with translation.override(language):
        seed_questions()
    assert Question.objects.get(code="sleep").text == "きのうの ｜夜《よる》は ねむれましたか。"
    assert QuestionSet.objects.get(code="daily").title == "きょうの わたし"


def test_what_a_city_wrote_itself_is_shown_as_written():
    with translation.override("en"):
        assert in_page_language("いまの ｜気《き》もちは どれに ｜近《ちか》いですか。") == (
            "Which is closest to how you feel now?"
        )
        assert (
            in_page_language("｜部活《ぶかつ》は どうですか。") == "｜部活《ぶかつ》は どうですか。"
        )
        assert in_page_language("") == ""


def test_every_shipped_text_is_shown_in_the_language_of_the_page(db):
    seed_questions()
    texts = [
        *Question.objects.exclude(text="").values_list("text", flat=True),
        *QuestionChoice.objects.exclude(label="").values_list("label", flat=True),
    ]
    with translation.override("en"):
        assert all(in_page_language(text).isascii() for text in texts)
    with translation.override("ja-easy"):
        assert [in_page_language(text) for text in texts] == texts


def test_two_children_with_two_languages_never_share_a_form(offered, sign_in):
    easy = sign_in(offered.sakura.user).get(reverse("checkins:today")).content.decode()
    assert "どれに" in easy
    choose_language(offered.sakura.user, "en")
    english = sign_in(offered.sakura.user).get(reverse("checkins:today")).content.decode()
    assert "Which is closest to how you feel now?" in english
    assert "Talk to someone at once" in english
    assert "どれに" not in english
    choose_language(offered.sakura.user, "ja-easy")
    again = sign_in(offered.sakura.user).get(reverse("checkins:today")).content.decode()
    assert "どれに" in again
    assert "Which is closest" not in again


def test_the_first_page_asks_in_the_language_of_the_child(offered, sign_in, monkeypatch):
    monkeypatch.setattr(frequency_rules, "is_rest_day", lambda *_: False)
    choose_language(offered.sakura.user, "en")
    page = sign_in(offered.sakura.user).get("/").content.decode()
    for sentence in ("Which is closest to how you feel now?", "I do not want to answer", "Places"):
        assert sentence in page
    assert "答えたくない" not in page
