"""A student who chose a language asks to talk in it from the first page to the reply."""

import re
import uuid

import pytest
from django.urls import reverse
from django.utils import translation

from apps.helpline import words
from apps.helpline.admin.student_page_preview import student_page_sentences
from apps.people.services.page_languages import choose_language

START, NOW, ASK, STATUS = (reverse(f"helpline:{n}") for n in ("start", "now", "ask", "status"))
JAPANESE = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff]")
OF_THE_SCHOOL = re.compile(
    r"(担任|養護教諭|保健室|先生|管理職|スクールカウンセラー|職員|[のか、]|\s)+"
)


def left_in_japanese(answer):
    """The Japanese of a page's main part, without what the school wrote and roles of staff."""
    main = re.search(r"<main\b.*?</main>", answer.content.decode(), re.DOTALL).group(0)
    main = re.sub(r"<template\b.*?</template>|<rt\b.*?</rt>", "", main, flags=re.DOTALL)
    lines = [line.strip() for line in re.sub(r"<[^>]+>", "\n", main).split("\n")]
    return [line for line in lines if JAPANESE.search(OF_THE_SCHOOL.sub("", line))]


@pytest.fixture
def english(on_duty, sign_in):
    choose_language(on_duty.sakura.user, "en")
    return sign_in(on_duty.sakura.user)


@pytest.mark.parametrize("url", [START, NOW, ASK])
def test_no_sentence_is_left_in_japanese(english, url):
    answer = english.get(url)
    assert answer["Content-Language"] == "en"
    assert left_in_japanese(answer) == []


def test_after_sending_it_goes_on_in_english(english):
    form = {"form_key": uuid.uuid4(), "wanted": "nurse", "topic": "friends"}
    answer = english.post(ASK, form, follow=True)
    assert left_in_japanese(answer) == []
    assert "Nobody has looked yet" in answer.content.decode()


def test_what_is_wrong_is_said_in_english(english):
    answer = english.post(ASK, {"form_key": uuid.uuid4(), "wanted": "nurse", "words": "a" * 201})
    assert answer.status_code == 422
    assert "Please write at most 200 characters." in answer.content.decode()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_counsellors_approve_what_students_read_by_default(on_duty, rf, language):
    with translation.override("ja-easy"):
        expected = words.all_student_sentences(5), student_page_sentences(rf.get("/"))[:1]
    with translation.override(language):
        assert words.all_student_sentences(5) == expected[0]
        assert student_page_sentences(rf.get("/"))[:1] == expected[1]
