"""After any low answer, daily or weekly, one calm page: one person, one line, never praise."""

import re
import uuid

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from apps.checkins.low_answers import is_low, low_codes
from apps.checkins.models import Question
from apps.checkins.services.question_sets import current_question_set
from tests.ruby_readings import kanji_without_reading

PRAISE = ("おつかれさま", "すごい", "えらい", "よくできました")
WEEKLY = ["safe", "friends", "study", "home", "meals", "fun"]


@pytest.fixture
def sakura(offered, sign_in):
    return sign_in(offered.sakura.user)


def send(browser, code, **answers):
    """The page after sending a form of this set."""
    data = {
        "client_key": uuid.uuid4(),
        "question_set": current_question_set(code).pk,
        **answers,
    }
    return browser.post(reverse("checkins:more", args=[code]), data, follow=True)


def text(answer):
    return re.sub(r"<template.*?</template>|<r[tp][^>]*>.*?</r[tp]>|<[^>]+>|\s", "",
                  answer.content.decode(), flags=re.DOTALL)  # fmt: skip


def is_calm(answer):
    html = re.sub("(?s)<template.*?</template>", "", answer.content.decode())
    page, main = text(answer), html.partition('id="main"')[2]
    assert not [word for word in PRAISE if word in page]
    assert kanji_without_reading(html) == []
    assert page.count("保健室の先生") == 1
    assert main.count('href="tel:') == 1
    return reverse("helpline:start") in main


def test_the_codes_of_the_weekly_form_are_these(offered):
    found = Question.objects.filter(question_set=current_question_set("weekly"))
    assert sorted(found.values_list("code", flat=True)) == sorted(WEEKLY)


@pytest.mark.parametrize("low", ["0", "1"])
@pytest.mark.parametrize("code", WEEKLY)
def test_every_low_weekly_answer_gives_the_calm_page(sakura, code, low):
    others = dict.fromkeys(WEEKLY, "4")
    assert is_calm(send(sakura, "weekly", **{**others, code: low}))


@pytest.mark.parametrize(
    "answers", [{"mood": "1"}, {"mood": "0"}, {"body": "0", "mood": "4"}, {"sleep": "0", "mood": "4"}]
)  # fmt: skip
def test_every_low_daily_answer_gives_the_calm_page(sakura, answers):
    assert is_calm(send(sakura, "daily", **answers))


@pytest.mark.parametrize(
    ("code", "answers"),
    [("daily", {"mood": "2", "body": "1", "sleep": "1", "talk": "0"}), ("weekly", dict.fromkeys(WEEKLY, "2"))],
)  # fmt: skip
def test_answers_that_are_not_low_get_the_ordinary_thanks(sakura, code, answers):
    page = text(send(sakura, code, **answers))
    assert "おつかれさま" in page
    assert "ひとりでがまん" not in page


def test_no_page_praises_after_a_low_answer_however_often_it_is_opened(sakura):
    sent = send(sakura, "daily", mood="0")
    address = sent.redirect_chain[-1][0]
    for url in (address, reverse("checkins:done"), reverse("portal:home")):
        assert not [word for word in PRAISE if word in text(sakura.get(url))], url


def test_after_sending_no_address_and_no_title_tells_a_low_answer_from_a_high_one(sakura):
    seen = set()
    for mood in "04":
        answer = send(sakura, "daily", mood=mood)
        title = re.search("<title>(.*?)</title>", answer.content.decode())[1]
        seen.add((title, answer.redirect_chain[-1][0].split("?")[0]))
    assert len(seen) == 1


@given(st.integers(1, 10), st.data())
def test_the_lowest_value_is_low_and_the_upper_half_never_is(top, data):
    assert is_low(0, top)
    assert not is_low(data.draw(st.integers((top + 1) // 2, top)), top)


@pytest.mark.parametrize("value", ["0", None, "ことば"])
def test_words_and_what_is_not_a_number_are_no_low_answer(value):
    assert low_codes({"words": value, "unknown": 0}, {"mood": 4}) == []


def test_how_soon_somebody_wants_to_talk_is_no_feeling():
    assert low_codes({"talk": 0, "mood": 3}, {"talk": 3, "mood": 4}) == []
