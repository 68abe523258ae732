"""The student's check-in pages: valid, wrong method, anonymous, wrong person, bad input."""

import base64
import re
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from apps.checkins.models import CheckIn
from apps.checkins.services.question_sets import current_question_set
from apps.checkins.services.submissions import submit
from apps.consent.models import Purpose
from apps.consent.services.decisions import withdraw
from tests import factories
from tests.ruby_readings import kanji_without_reading

TODAY, DONE, DAYS = (reverse(f"checkins:{name}") for name in ("today", "done", "days"))
PAGES = [TODAY, reverse("checkins:week"), DONE, DAYS]


def form(**answers):
    return {"client_key": uuid.uuid4(), "question_set": current_question_set().pk, **answers}


@pytest.fixture
def sakura(offered, sign_in):
    return sign_in(offered.sakura.user)


def text(answer):
    return re.sub(r"<r[tp][^>]*>.*?</r[tp]>|<[^>]+>|\s", "", answer.content.decode())


# -- works ----------------------------------------------------------------------------------------


def test_the_page_asks_everything_and_lets_every_question_be_declined(sakura):
    page = sakura.get(TODAY)
    assert page.status_code == 200
    assert "いまの気もちはどれに近いですか。" in text(page)
    assert text(page).count("答えたくない") == 4
    assert "すぐには読まれないことがあります。" in text(page)
    assert page.content.count(b"checked") == 0


def test_sending_stores_and_thanks(sakura):
    answer = sakura.post(TODAY, form(mood="3", body="2", words="げんき"), follow=True)
    ((url, status),) = answer.redirect_chain
    assert (url.split("?")[0], status) == (DONE, 302)
    assert "送りました。きょうもおつかれさま。" in text(answer)
    assert "ひとりでがまんしなくていいです" not in text(answer)
    assert CheckIn.objects.count() == 1


def test_the_same_form_twice_is_one_check_in(sakura):
    data = form(mood="3")
    assert [sakura.post(TODAY, data).status_code for _ in range(2)] == [302, 302]
    assert CheckIn.objects.count() == 1


def test_the_same_form_with_other_answers_keeps_both(sakura):
    data = form(mood="3")
    sakura.post(TODAY, data)
    sakura.post(TODAY, {**data, "mood": "0"})
    assert sorted(CheckIn.objects.values_list("is_conflict", flat=True)) == [False, True]


def test_declining_everything_is_taken(sakura):
    assert sakura.post(TODAY, form(mood="", body="", words="")).url.split("?")[0] == DONE


def begin(browser, mood):
    """Press a tile of the home page; the form that opens."""
    answer = browser.post(TODAY, {"mood": mood})
    assert answer.status_code == 302
    return browser.get(answer.url)


def test_the_mood_chosen_at_home_is_filled_in_and_the_second_question_comes_first(sakura):
    page = begin(sakura, "1").content.decode()
    assert re.search(r'name="mood" value="1" checked', page)
    assert re.search(r'step--first" id="q-body"', page)


def test_not_wanting_to_answer_at_home_is_an_answer_too(sakura):
    page = begin(sakura, "").content.decode()
    assert re.search(r'name="mood" value="" checked', page)
    assert re.search(r'step--first" id="q-body"', page)


def test_an_answer_never_stands_in_an_address_nor_readable_in_the_session(sakura):
    assert 'method="get"' not in sakura.get("/").content.decode()
    assert "checked" not in sakura.get(TODAY, {"mood": "1"}).content.decode()
    for mood in ("1", "4", ""):
        assert sakura.post(TODAY, {"mood": mood}).url == f"{TODAY}?begun"
        name, sealed, _ = sakura.session["checkins.first_answer"]
        assert len(base64.b64decode(sealed)) == 45
        assert mood not in (name, sealed)


def test_the_form_begun_at_home_can_be_opened_again_until_it_is_sent(sakura):
    begin(sakura, "1")
    again = f"{TODAY}?begun"
    assert re.search(r'name="mood" value="1" checked', sakura.get(again).content.decode())
    assert "checked" not in sakura.get(TODAY).content.decode()
    assert sakura.post(TODAY, form(mood="1")).url.split("?")[0] == DONE
    assert "checked" not in sakura.get(again).content.decode()


def test_what_was_chosen_at_home_is_forgotten_after_ten_minutes(sakura):
    with time_machine.travel("2026-11-24 10:00+09:00", tick=False) as clock:
        begin(sakura, "1")
        clock.shift(timedelta(minutes=9))
        assert "checked" in sakura.get(f"{TODAY}?begun").content.decode()
        clock.shift(timedelta(minutes=2))
        assert "checked" not in sakura.get(f"{TODAY}?begun").content.decode()


def test_what_one_student_chose_is_not_filled_in_for_another(offered, sakura, sign_in):
    factories.make_effective(offered.ren, "checkin_review")
    begin(sakura, "1")
    ren = sign_in(offered.ren.user)
    session = ren.session
    session["checkins.first_answer"] = sakura.session["checkins.first_answer"]
    session.save()
    assert "checked" not in ren.get(f"{TODAY}?begun").content.decode()


@pytest.mark.parametrize("kept", ["x", ["k", "?", 9e12], [1, 2], None, ["k", "aGk=", "soon"]])
def test_what_is_kept_and_unreadable_is_simply_not_filled_in(sakura, kept):
    session = sakura.session
    session["checkins.first_answer"] = kept
    session.save()
    page = sakura.get(f"{TODAY}?begun")
    assert page.status_code == 200
    assert "checked" not in page.content.decode()


def test_a_mood_that_does_not_exist_is_simply_not_filled_in(sakura):
    for mood in ("77", "x" * 500, "気"):
        page = begin(sakura, mood).content.decode()
        assert "checked" not in page
        assert re.search(r'step--first" id="q-mood"', page)


def test_a_mood_with_nul_is_no_request(sakura):
    assert sakura.post(TODAY, {"mood": "\x00"}).status_code == 400


def test_a_post_without_any_answer_leads_to_the_form(sakura):
    assert sakura.post(TODAY).url == TODAY


def test_a_low_mood_is_met_with_places_to_talk(sakura):
    answer = sakura.post(TODAY, form(mood="1"), follow=True)
    assert "ひとりでがまんしなくていいです" in text(answer)


def test_wanting_to_talk_today_leads_to_asking(sakura):
    answer = sakura.post(TODAY, form(talk="2"), follow=True)
    assert reverse("helpline:ask") in answer.content.decode()


def test_wanting_to_talk_now_leads_to_the_danger_question(sakura):
    answer = sakura.post(TODAY, form(talk="3"), follow=True)
    assert answer.redirect_chain == [(reverse("helpline:start"), 302)]
    assert "いま、あぶないですか。" in text(answer)


def test_the_weekly_questions_are_kept_too(sakura, offered):
    data = {
        "client_key": uuid.uuid4(),
        "question_set": current_question_set("weekly").pk,
        "safe": "4",
    }
    assert sakura.post(reverse("checkins:week"), data).url.split("?")[0] == DONE
    assert CheckIn.objects.get().question_set.code == "weekly"


def test_own_days_stand_in_words_beside_the_picture(sakura, offered):
    sakura.post(TODAY, form(mood="4", sleep="2"))
    page = sakura.get(DAYS)
    assert "とてもいい" in text(page)
    assert "よくねむれた" in text(page)
    assert b"<circle" in page.content


def test_the_number_of_queries_does_not_grow_with_the_days(
    sakura, offered, django_assert_max_num_queries
):
    for _ in range(6):
        submit(
            student=offered.sakura, question_set=current_question_set(),
            answers={"mood": 3}, client_key=uuid.uuid4(),
        )  # fmt: skip
    with django_assert_max_num_queries(13):  # five of them: words of staff, which are read now
        sakura.get(DAYS)


def test_submitting_asks_the_database_no_more_than_it_must(
    offered, sign_in, django_assert_num_queries
):
    data, browser = form(mood="3"), Client()
    factories.force_sign_in(browser, offered.sakura.user)
    browser.post(TODAY, form(mood="3"))
    with django_assert_num_queries(5):  # who, key, answers with record, the test's savepoint twice
        browser.post(TODAY, data)


@pytest.mark.parametrize("url", PAGES)
def test_every_kanji_carries_its_reading(sakura, url):
    sakura.post(TODAY, form(mood="0", talk="2"))
    page = sakura.get(url)
    assert page.status_code == 200
    assert kanji_without_reading(page.content.decode()) == []


# -- what the page after sending tells ------------------------------------------------------------


LOW = "ひとりでがまんしなくていいです"


def test_a_low_answer_is_told_once_to_the_session_that_sent_it(sakura, offered, sign_in):
    done = sakura.post(TODAY, form(mood="0")).url
    other = sign_in(offered.sakura.user)
    assert LOW not in text(other.get(done))
    assert LOW in text(sakura.get(done))
    for url in (done, DONE):
        again = sakura.get(url)
        assert "送りました。" in text(again)
        assert LOW not in text(again)


def test_a_low_answer_is_told_for_two_minutes_only(sakura):
    with time_machine.travel("2026-11-24 10:00+09:00", tick=False) as clock:
        done = sakura.post(TODAY, form(mood="0")).url
        clock.shift(timedelta(minutes=3))
        assert LOW not in text(sakura.get(done))


def test_the_page_after_sending_tells_a_low_answer_from_a_high_one_to_nobody_else(offered, sign_in):
    seen = []
    for mood in (0, 4):
        submit(
            student=offered.sakura, question_set=current_question_set(),
            answers={"mood": mood, "talk": 2}, client_key=uuid.uuid4(),
        )  # fmt: skip
        seen.append(text(sign_in(offered.sakura.user).get(DONE)))
    assert seen[0] == seen[1]
    assert "おつかれさま" not in seen[0]  # it may have been a low one


def test_an_answer_delivered_by_the_page_itself_is_told_to_its_session(sakura, offered):
    page = sakura.get(TODAY)
    done = page.context["done_url"]
    assert done.replace("&", "&amp;") in page.content.decode()
    submit(
        student=offered.sakura, question_set=current_question_set(),
        answers={"mood": 0}, client_key=page.context["client_key"],
    )  # fmt: skip
    assert LOW in text(sakura.get(done))
    assert LOW not in text(sakura.get(done))


@pytest.mark.parametrize("token", ["", "x", "a:b", "%00", "あ"])
def test_a_token_of_nobody_gives_plain_thanks(sakura, token):
    sakura.post(TODAY, form(mood="0"))
    answer = sakura.get(DONE, {"form": token})
    assert (answer.status_code, LOW in text(answer)) == (200, False)


# -- wrong method, anonymous, wrong person --------------------------------------------------------


@pytest.mark.parametrize("url", [DONE, DAYS])
def test_pages_that_only_show_refuse_posts(sakura, url):
    assert sakura.post(url).status_code == 405


@pytest.mark.parametrize("url", PAGES)
def test_nobody_comes_in_without_signing_in(client, db, url):
    assert client.get(url).status_code == 302


@pytest.mark.parametrize("who", ["midori", "nurse", "officer"])
@pytest.mark.parametrize("url", PAGES)
def test_only_students_have_these_pages(offered, sign_in, who, url):
    assert sign_in(getattr(offered, who).user).get(url).status_code == 404


def test_a_student_sees_nothing_of_another(offered, sign_in, sakura):
    sakura.post(TODAY, form(mood="0", words="ひみつ"))
    other = sign_in(offered.ren.user)
    assert other.get(DONE).url == TODAY
    assert "ひみつ" not in other.get(DAYS).content.decode()


# -- bad input, and consent that ends -------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [{"mood": "9"}, {"mood": "sun"}, {"words": "あ" * 201}, {"client_key": "x"},
     {"question_set": uuid.UUID(int=1)}],
)  # fmt: skip
def test_bad_input_comes_back_with_a_sentence_and_what_was_chosen(sakura, bad):
    answer = sakura.post(TODAY, {**form(sleep="1"), **bad})
    assert answer.status_code == 422
    assert re.search(r'class="errors".*?。', answer.content.decode(), re.DOTALL)
    assert re.search(r'name="sleep" value="1" checked', answer.content.decode())
    assert kanji_without_reading(answer.content.decode()) == []
    assert not CheckIn.objects.exists()


@pytest.mark.parametrize("url", [TODAY, DAYS])
def test_without_consent_a_page_says_why_and_where_to_answer(offered, sign_in, url):
    page = sign_in(offered.ren.user).get(url)
    assert page.status_code == 200
    assert "返事がそろっていません" in text(page)
    html = page.content.decode()
    assert reverse("consent:overview", args=[offered.ren.pk]) in html
    assert reverse("helpline:start") in html
    assert kanji_without_reading(html) == []


def test_consent_withdrawn_between_opening_and_sending_stores_nothing(sakura, offered):
    data = form(mood="3")
    sakura.get(TODAY)
    withdraw(
        student=offered.sakura, actor=offered.sakura.user,
        purpose=Purpose.CHECKIN_REVIEW, form_key=uuid.uuid4(),
    )  # fmt: skip
    answer = sakura.post(TODAY, data)
    assert answer.status_code == 409
    assert "いまはつかえません" in text(answer)
    assert not CheckIn.objects.exists()
