"""The student's helpline pages: valid, wrong method, anonymous, wrong person, bad input."""

import re
import uuid

import pytest
import time_machine
from django.urls import reverse

from apps.helpline.models import HelpRequest, HelpState
from apps.helpline.services import help_requests, replies, transitions
from apps.people.models import Role, StaffPost
from apps.people.pin_reauthentication import SESSION_KEY, mark_reauthenticated
from apps.vault.services.sealed_content import OpeningReason
from tests.ruby_readings import kanji_without_reading

START, NOW, ASK, STATUS = (reverse(f"helpline:{n}") for n in ("start", "now", "ask", "status"))


def form(**content):
    return {"form_key": uuid.uuid4(), "wanted": "nurse", **content}


def text(answer):
    return re.sub(r"<r[tp][^>]*>.*?</r[tp]>|<[^>]+>|\s", "", answer.content.decode())


@pytest.fixture
def sakura(on_duty, sign_in):
    return sign_in(on_duty.sakura.user)


# -- works, without any consent -------------------------------------------------------------------


def test_the_danger_question_comes_first(sakura):
    page = sakura.get(START)
    assert "いま、あぶないですか。" in text(page)
    assert NOW in page.content.decode()
    assert ASK in page.content.decode()


@pytest.mark.parametrize("url", [START, NOW, ASK])
def test_lines_that_answer_at_once_stand_on_every_page(sakura, url):
    page = text(sakura.get(url))
    for line in ("110", "119", "0120-0-78310", "近くの大人に言う"):
        assert line in page


def test_asking_stores_the_request_and_says_so(sakura):
    answer = sakura.post(ASK, form(topic="friends", words="はなしたい"), follow=True)
    assert answer.redirect_chain == [(STATUS, 302)]
    assert "送りました" in text(answer)
    assert "まだだれも見ていません" in text(answer)
    assert HelpRequest.objects.count() == 1


def test_the_same_form_twice_is_one_request(sakura):
    data = form()
    sakura.post(ASK, data)
    sakura.post(ASK, data)
    assert HelpRequest.objects.count() == 1


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-11-24T10:00+09:00", "いま保健室の先生が見ます。"),
        ("2026-11-24T10:00+09:00", "5分だれも見ないときは、つぎの人にも知らせます。"),
        ("2026-11-24T20:00+09:00", "見る時間になってから5分"),
        ("2026-11-24T20:00+09:00", "つぎに見るのは11月25日(水)08:30ごろ、保健室の先生です。"),
        ("2026-11-21T10:00+09:00", "つぎに見るのは11月24日(火)08:30ごろ"),
    ],
)
def test_the_form_tells_the_truth_about_hours(on_duty, sign_in, moment, words):
    with time_machine.travel(moment, tick=False):
        page = sign_in(on_duty.sakura.user).get(ASK)
    assert words in text(page)


def test_the_form_says_when_others_are_told(sakura):
    assert "ほかの大人に伝えることがあります" in text(sakura.get(ASK))


def test_seen_and_answered_reach_the_student(sakura, on_duty):
    sakura.post(ASK, form())
    help_request = HelpRequest.objects.get()
    replies.open_request(help_request, actor=on_duty.nurse.user, reason=OpeningReason.STUDENT_ASKED)
    assert "保健室の先生が見ました" in text(sakura.get(STATUS))
    replies.send_reply(
        help_request, actor=on_duty.nurse.user, words="あした きてね", form_key=uuid.uuid4()
    )
    page = text(sakura.get(STATUS))
    assert "返事が来ました" in page
    assert "あしたきてね" in page


def test_a_request_can_be_cancelled(sakura):
    sakura.post(ASK, form())
    url = reverse("helpline:cancel", args=[HelpRequest.objects.get().pk])
    assert "取り消しました" in text(sakura.post(url, follow=True))
    assert HelpRequest.objects.get().state == HelpState.CANCELLED
    assert sakura.post(url).status_code == 302


def test_with_nobody_on_duty_anywhere_there_is_no_form_but_places_to_talk(cast, sign_in):
    StaffPost.objects.filter(pk=cast.officer.pk).update(role=Role.HELPDESK)
    page = sign_in(cast.sakura.user).get(ASK)
    assert "<textarea" not in page.content.decode()
    assert "0120-0-78310" in text(page)
    assert kanji_without_reading(page.content.decode()) == []


def test_without_a_request_the_status_leads_to_the_start(sakura):
    assert sakura.get(STATUS).url == START


@pytest.mark.parametrize("url", [START, NOW, ASK, STATUS])
def test_every_kanji_carries_its_reading(sakura, url):
    sakura.post(ASK, form())
    assert kanji_without_reading(sakura.get(url).content.decode()) == []


# -- wrong method, anonymous, wrong person, bad input ---------------------------------------------


@pytest.mark.parametrize("url", [START, NOW, STATUS])
def test_pages_that_only_show_refuse_posts(sakura, url):
    assert sakura.post(url).status_code == 405


def test_taking_back_is_no_link(sakura):
    sakura.post(ASK, form())
    url = reverse("helpline:cancel", args=[HelpRequest.objects.get().pk])
    assert sakura.get(url).status_code == 405
    assert HelpRequest.objects.get().state == HelpState.SENT


@pytest.mark.parametrize("url", [START, NOW, ASK, STATUS])
def test_nobody_comes_in_without_signing_in(client, db, url):
    assert client.get(url).status_code == 302


@pytest.mark.parametrize("who", ["midori", "nurse", "officer"])
@pytest.mark.parametrize("url", [START, NOW, ASK, STATUS])
def test_only_students_have_these_pages(on_duty, sign_in, who, url):
    assert sign_in(getattr(on_duty, who).user).get(url).status_code == 404


def test_another_student_cannot_take_it_back(on_duty, sign_in, sakura):
    sakura.post(ASK, form())
    url = reverse("helpline:cancel", args=[HelpRequest.objects.get().pk])
    assert sign_in(on_duty.ren.user).post(url).status_code == 404
    assert HelpRequest.objects.get().state == HelpState.SENT


@pytest.mark.parametrize(
    "bad",
    [{"wanted": ""}, {"wanted": "x"}, {"topic": "x"}, {"words": "あ" * 201}, {"form_key": "x"}],
)
def test_bad_input_comes_back_with_a_sentence(sakura, bad):
    answer = sakura.post(ASK, {**form(words="のこる"), **bad})
    assert answer.status_code == 422
    assert re.search(r'class="errors".*?。', answer.content.decode(), re.DOTALL)
    assert kanji_without_reading(answer.content.decode()) == []
    assert not HelpRequest.objects.exists()


def test_two_hundred_characters_over_two_lines_fit(sakura):
    words = "あ" * 99 + "\r\n" + "い" * 100
    assert sakura.post(ASK, form(words=words)).status_code == 302
    assert sakura.post(ASK, form(words=words + "う")).status_code == 422


def test_a_roster_switched_off_meanwhile_leads_to_places(sakura, monkeypatch):
    def refuse(**_):
        raise transitions.HelplineNotOpen("。")

    monkeypatch.setattr(help_requests, "send_help_request", refuse)
    answer = sakura.post(ASK, form())
    assert answer.status_code == 409
    assert "0120-0-78310" in text(answer)


def test_the_first_page_says_how_far_a_request_has_come(sakura, on_duty):
    sakura.post(ASK, form())
    help_request, home = HelpRequest.objects.get(), reverse("portal:home")
    assert "話したいと送ったことを見る" in text(sakura.get(home))
    replies.open_request(help_request, actor=on_duty.nurse.user, reason=OpeningReason.STUDENT_ASKED)
    assert "話したい:見ました" in text(sakura.get(home))
    replies.send_reply(
        help_request, actor=on_duty.nurse.user, words="きてね", form_key=uuid.uuid4()
    )
    page = sakura.get(home)
    assert "話したい:返事が来ました" in text(page)
    assert kanji_without_reading(page.content.decode()) == []


def test_without_the_pin_no_page_says_that_a_reply_came(sakura, on_duty):
    sakura.post(ASK, form())
    help_request, home = HelpRequest.objects.get(), reverse("portal:home")
    replies.open_request(help_request, actor=on_duty.nurse.user, reason=OpeningReason.STUDENT_ASKED)
    session = sakura.session
    del session[SESSION_KEY]
    session.save()
    shown = [re.sub(r'name="csrfmiddlewaretoken"[^>]*|nonce="[^"]*"', "", sakura.get(STATUS).text)]
    replies.send_reply(
        help_request, actor=on_duty.nurse.user, words="きてね", form_key=uuid.uuid4()
    )
    shown.append(
        re.sub(r'name="csrfmiddlewaretoken"[^>]*|nonce="[^"]*"', "", sakura.get(STATUS).text)
    )
    assert shown[0] == shown[1]
    assert "返事が来たかどうかは" in text(sakura.get(STATUS))
    assert "返事が来ました" not in text(sakura.get(home))
    assert kanji_without_reading(shown[1]) == []
    mark_reauthenticated(session, on_duty.sakura)
    session.save()
    assert "きてね" in text(sakura.get(STATUS))


def test_who_does_not_choose_has_chosen_anybody(sakura):
    html = sakura.get(ASK).content.decode()
    assert re.findall(r'name="wanted" value="([^"]+)" checked', html) == ["anyone"]
    html = sakura.post(ASK, form(wanted="nurse", words="あ" * 201)).content.decode()
    assert re.findall(r'name="wanted" value="([^"]+)" checked', html) == ["nurse"]
