"""The callback works once, for the browser that began; a notification moves only its own session."""

import json
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.selfinfo import words
from apps.selfinfo.models import SelfInfoSession
from tests.selfinfo.guardian_browser import NO_MORE, carry, end_guardianship, query_of

BACK, NOTIFY = reverse("selfinfo:callback"), reverse("selfinfo:notify")


def row():
    return SelfInfoSession.objects.values().get()


def calm(answer, sentence, status):
    assert answer.status_code == status
    assert sentence in answer.content.decode()


# -- callback -------------------------------------------------------------------------------------


def test_the_second_load_says_so_and_changes_nothing(browser):
    location = browser.read_card(browser.go_out())
    assert browser.come_back(location).status_code == 302
    before = row()
    calm(browser.come_back(location), words.ALREADY_RETURNED, 200)
    assert row() == before
    session = carry(SelfInfoSession.objects.get())
    assert session.state == "discarded"
    calm(browser.come_back(location), words.ALREADY_RETURNED, 200)


@pytest.mark.parametrize("header", ["HTTP_SEC_PURPOSE", "HTTP_PURPOSE"])
def test_a_prefetch_does_not_use_the_way_up(browser, header):
    location = browser.read_card(browser.go_out())
    parts = query_of(location)
    assert browser.client.get(BACK, parts, **{header: "prefetch;prerender"}).status_code == 503
    assert browser.client.head(BACK, parts).status_code == 405
    assert browser.come_back(location).status_code == 302


@pytest.mark.parametrize(
    "change",
    [{"state": "x" * 43}, {"state": ""}, {"code": ""}, {"code": "x" * 3000}, {"code": "あ\n"}],
)
def test_a_wrong_answer_is_one_sentence_and_uses_nothing_up(browser, change):
    location = browser.read_card(browser.go_out())
    calm(browser.client.get(BACK, query_of(location) | change), words.SESSION_NOT_FOUND, 400)
    assert browser.come_back(location).status_code == 302


def test_another_browser_of_the_same_guardian_cannot_come_back(browser, cast, sign_in):
    location = browser.read_card(browser.go_out())
    calm(sign_in(cast.midori.user).get(BACK, query_of(location)), words.SESSION_NOT_FOUND, 400)
    assert SelfInfoSession.objects.get().returned_at is None


def test_another_person_reads_the_very_same_page_signed_in_or_not(browser, cast, sign_in):
    location = browser.read_card(browser.go_out())
    foreign = sign_in(cast.other_guardian.user).get(BACK, query_of(location))
    nobody = Client().get(BACK, query_of(location))
    unknown = Client().get(BACK, {"state": "nonsense", "code": "x"})
    for answer in (foreign, nobody, unknown):
        calm(answer, words.SESSION_NOT_FOUND, 400)
    shell = re.compile(
        rb'<input type="hidden"[^>]*>'
    )  # a token anew each time, the address asked for
    assert shell.sub(b"", nobody.content) == shell.sub(b"", unknown.content)


def test_who_comes_back_too_late_begins_again(browser, time_machine):
    location = browser.read_card(browser.go_out())
    time_machine.shift(15 * 60 + 1)
    calm(browser.come_back(location), words.SESSION_NOT_FOUND, 400)
    assert SelfInfoSession.objects.get().returned_at is None
    assert browser.come_back(browser.read_card(browser.go_out())).status_code == 302


@pytest.mark.parametrize("how", NO_MORE)
def test_who_is_no_guardian_any_more_does_not_come_back(browser, cast, how):
    location = browser.read_card(browser.go_out())
    end_guardianship(cast.sakura, how)
    calm(browser.come_back(location), words.SESSION_NOT_FOUND, 400)
    assert SelfInfoSession.objects.get().returned_at is None


@pytest.mark.parametrize(
    ("error", "state", "why"),
    [("access_denied", "denied", ""), ("server_error", "error", ""),
     ("unauthorized_client", "error", "refused"), ("nobody-knows", "error", "refused")],
)  # fmt: skip
def test_what_they_answer_instead_of_a_code_ends_the_session(browser, error, state, why):
    query = query_of(browser.go_out())
    answer = browser.client.get(BACK, {"state": query["state"], "error": error})
    assert answer.status_code == 302
    session = SelfInfoSession.objects.get()
    assert (session.state, session.why, session.papers) == (state, why, None)


def test_the_way_back_is_no_post(browser):
    assert browser.client.post(BACK).status_code == 405


# -- notification ---------------------------------------------------------------------------------


@pytest.fixture
def requested(browser, mynaportal, settings):
    """A requested session, and the (process id, secret) of its notification."""
    settings.SELF_INFO_NOTIFY = True
    session = browser.start_and_return("never")
    carry(session, most=1)
    assert session.state == "requested"
    (notify_url,) = [body["notify"] for path, body in mynaportal.seen if path == "/request"]
    return session, session.process_id, notify_url["secret"]


def notify(secret, body, **more):
    sent = body if isinstance(body, str) else json.dumps(body)
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    return Client().post(NOTIFY, sent, content_type="application/json", headers=headers, **more)


def test_a_notification_makes_the_session_due_at_once_and_a_second_one_changes_nothing(requested):
    session, process_id, secret = requested
    assert notify(secret, {"process_id": process_id}).status_code == 204
    before = row()
    assert (before["state"], before["next_at"] <= timezone.now()) == ("notified", True)
    assert notify(secret, {"process_id": process_id}).status_code == 204
    assert row() == before


def test_a_notification_after_the_end_changes_nothing(requested, time_machine):
    session, process_id, secret = requested
    time_machine.shift(31 * 60)
    carry(session)
    assert session.state == "expired"
    assert notify(secret, {"process_id": process_id}).status_code == 204
    assert row()["state"] == "expired"


def test_a_notification_that_is_early_is_asked_to_come_again(
    browser, mynaportal, settings, monkeypatch
):
    settings.SELF_INFO_NOTIFY = True
    monkeypatch.setattr("apps.selfinfo.services.session_steps._record_request", lambda *args: None)
    carry(browser.start_and_return("never"), most=1)
    (notify_url,) = [body["notify"] for path, body in mynaportal.seen if path == "/request"]
    answer = notify(notify_url["secret"], {"process_id": "x"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


@pytest.mark.parametrize("body", ["", "[]", "{", '{"process_id": 7}', '{"process_id": ""}',
                                  '{"x": 1}', "[" * 3000, '{"process_id": "' + "x" * 5000 + '"}'])  # fmt: skip
def test_a_body_that_is_none_is_refused(requested, body):
    session, _, secret = requested
    assert notify(secret, body).status_code == 400
    assert row()["state"] == "requested"


def test_a_foreign_notification_moves_nothing(requested):
    session, process_id, secret = requested
    assert notify("", {"process_id": process_id}).status_code == 401
    assert notify("guessed", {"process_id": process_id}).status_code == 404
    assert notify(secret, {"process_id": "another"}).status_code == 404
    assert row()["state"] == "requested"


def test_eleven_notifications_a_minute_are_too_many(requested):
    session, process_id, secret = requested
    answers = [notify(secret, {"process_id": "another"}).status_code for _ in range(11)]
    assert answers == [404] * 10 + [429]


def test_the_notification_url_sets_no_cookie_and_takes_no_get(requested):
    session, process_id, secret = requested
    answer = notify(secret, {"process_id": process_id})
    assert not answer.cookies
    assert Client().get(NOTIFY).status_code == 405
