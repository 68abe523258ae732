"""The guardian's pages: what is requested, of whom, and who is refused."""

import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.consent.models import Purpose
from apps.consent.services.decisions import withdraw
from apps.selfinfo import words
from apps.selfinfo.models import SelfInfoCode, SelfInfoSession
from apps.vault.services.keys import destroy_keys_of
from tests import factories
from tests.selfinfo.guardian_browser import ALL, NO_MORE, carry, end_guardianship, query_of

HOME = reverse("portal:home")


def page_of(name, pk):
    return reverse(f"selfinfo:{name}", args=[pk])


def text_of(answer):
    return answer.content.decode()


# -- works --------------------------------------------------------------------------------------


def test_the_page_says_what_why_how_long_who_and_that_no_number_is_asked(browser):
    page = text_of(browser.client.get(browser.page))
    for sentence in (
        "世帯の人の生年月日", "住民税の所得割", "児童手当(受けているか、はじまりの月、おわりの月)", "何のため", "だれが見る",
        "いつまで", "2027年3月31日まで", "マイナンバーカード", "12けたの番号", "もとの答えは、すぐに捨てます",
    ):  # fmt: skip
        assert sentence in page
    assert "生活保護" not in page  # no code of it is known here
    assert page.count(" checked>") == 3
    assert "体験用の代役" in page


def test_the_way_out_carries_state_challenge_and_only_the_asked_codes(browser, cast):
    query = query_of(browser.go_out(["household"]))
    assert query["scope"] == "TM00000000000991"
    assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
    assert re.fullmatch(r"[\w-]{43}", query["code_challenge"])
    assert query["redirect_uri"] == "http://localhost:8000/self-info/back/"
    session = SelfInfoSession.objects.get()
    assert (session.state, session.purposes, session.guardian) == (
        "authorising", ["household"], cast.midori,
    )  # fmt: skip
    row = str(SelfInfoSession.objects.values().get())
    assert query["state"] not in row


def test_the_form_may_lead_to_that_one_origin_and_no_other(browser, settings):
    policy = browser.client.get(browser.page)["Content-Security-Policy"]
    assert f"form-action 'self' {settings.SELF_INFO_SANDBOX_URL};" in f"{policy};"
    others = browser.client.get(HOME)["Content-Security-Policy"]
    assert settings.SELF_INFO_SANDBOX_URL not in others


def test_home_and_the_childs_page_lead_there_only_where_something_is_agreed(browser, cast, sign_in):
    overview = reverse("consent:overview", args=[cast.sakura.pk])
    for url in (HOME, overview):
        assert browser.page in text_of(browser.client.get(url))
    for purpose in ALL:
        destroy_keys_of(cast.sakura, [purpose])
    factories.make_effective(cast.ren, Purpose.ATTENDANCE)
    other = sign_in(cast.other_guardian.user)
    assert "/self-info/" not in text_of(other.get(HOME))
    assert "/self-info/" not in text_of(sign_in(cast.sakura.user).get(overview))


def test_without_any_place_to_go_to_nothing_leads_there(browser, settings):
    settings.SELF_INFO_SANDBOX_URL = ""
    assert browser.page not in text_of(browser.client.get(HOME))
    page = text_of(browser.client.get(browser.page))
    assert "市の設定がまだおわっていない" in page
    assert "マイナポータルへ進む" not in page
    refused = browser.client.post(browser.page, {"purposes": ["income"]})
    assert refused.status_code == 422
    assert words.NOT_CONFIGURED in text_of(refused)


def test_what_is_not_agreed_or_has_no_code_is_shown_and_not_offered(browser, cast):
    withdraw(
        student=cast.sakura, actor=cast.midori.user, purpose=Purpose.INCOME, form_key=uuid.uuid4()
    )
    SelfInfoCode.objects.filter(meaning__startswith="member").delete()
    page = text_of(browser.client.get(browser.page))
    assert page.count(" checked>") == 1
    assert "あなたが同意していないので" in page
    assert "市の設定がまだおわっていない" in page


def test_the_real_place_is_named_and_its_trial_codes_are_not_used(browser, settings, cast):
    settings.SELF_INFO_SANDBOX_URL = ""
    settings.SELF_INFO_URL = settings.SELF_INFO_AUTHORISE_URL = "https://myna.example/api"
    settings.SELF_INFO_CLIENT_ID = "SP12345678_AB1234"
    settings.SELF_INFO_CERTIFICATE = settings.SELF_INFO_CERTIFICATE_KEY = "/srv/x.pem"
    page = text_of(browser.client.get(browser.page))
    assert "myna.example" in page
    assert "代役" not in page.split("<main")[1]
    assert "市の設定がまだおわっていない" in page
    SelfInfoCode.objects.create(
        municipality=cast.city, meaning="member_birth", name_code="TM00000000000001",
        item_code="0100000001",
    )  # fmt: skip
    assert browser.go_out(["household"]).startswith("https://myna.example/api?")


def test_a_second_start_replaces_one_nobody_came_back_to(browser):
    browser.go_out()
    browser.go_out()
    first, second = SelfInfoSession.objects.order_by("started_at")
    assert (first.state, first.why, second.state) == ("expired", "again", "authorising")


def test_a_start_while_one_is_answered_leads_to_that_one(browser):
    session = browser.start_and_return()
    answer = browser.client.post(browser.page, {"purposes": ALL})
    assert answer["Location"] == page_of("session", session.pk)
    assert SelfInfoSession.objects.count() == 1


def test_the_fragment_is_given_once_for_each_change(browser):
    session = browser.start_and_return()
    page = browser.text(session)
    (url,) = re.findall(r'hx-get="([^"]+)"', page)
    assert browser.client.get(url).status_code == 204
    carry(session)
    fragment = browser.client.get(url)
    assert fragment.status_code == 200
    assert "hx-get" not in text_of(fragment)
    assert "<html" not in text_of(fragment)
    assert "おわりました" in text_of(fragment)


def test_earlier_readings_are_listed_without_more_queries(browser):
    carry(browser.start_and_return())

    def queries():
        with CaptureQueriesContext(connection) as captured:
            browser.client.get(browser.page)
        return len(captured)

    queries()  # the first of a sign-in writes down when it began
    before = queries()
    carry(browser.start_and_return("none"))
    carry(browser.start_and_return("unsupported"))
    assert queries() == before
    assert "のっている記録はありませんでした" in text_of(browser.client.get(browser.page))


# -- bad input, wrong method, nobody, somebody else -----------------------------------------------


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, words.CHOOSE_PURPOSE),
        ({"purposes": ["attendance"]}, words.PURPOSE_NOT_OFFERED),
        ({"purposes": ["income", "x" * 5000]}, words.PURPOSE_NOT_OFFERED),
        ({"purposes": ["income"], "note": "1234-5678-9018"}, words.INDIVIDUAL_NUMBER_ENTERED),
        ({"purposes": ["１２３４５６７８９０１８"]}, words.INDIVIDUAL_NUMBER_ENTERED),
    ],
)
def test_bad_input_comes_back_with_a_sentence_and_nothing_begins(browser, sent, sentence):
    answer = browser.client.post(browser.page, sent)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert "5678" not in text_of(answer)
    assert not SelfInfoSession.objects.exists()


def test_a_purpose_that_is_not_effective_now_is_refused(browser, cast):
    withdraw(
        student=cast.sakura, actor=cast.midori.user, purpose=Purpose.INCOME, form_key=uuid.uuid4()
    )
    answer = browser.client.post(browser.page, {"purposes": ["income", "household"]})
    assert answer.status_code == 422
    assert words.PURPOSE_NOT_OFFERED in text_of(answer)


def test_ten_starts_an_hour_are_enough(browser):
    for _ in range(10):
        browser.go_out()
    answer = browser.client.post(browser.page, {"purposes": ALL})
    assert answer.status_code == 422
    assert words.TOO_MANY_SESSIONS in text_of(answer)
    assert SelfInfoSession.objects.open().count() == 1  # the last one was not put aside


def test_other_methods_are_refused(browser):
    session = browser.start_and_return()
    assert browser.client.put(browser.page).status_code == 405
    for name in ("session", "state"):
        assert browser.client.post(page_of(name, session.pk)).status_code == 405


def test_who_is_not_signed_in_is_led_to_sign_in(browser, client):
    session = browser.start_and_return()
    for url in (browser.page, page_of("session", session.pk),
                page_of("state", session.pk)):  # fmt: skip
        assert client.get(url).status_code == 302
    assert client.post(browser.page, {"purposes": ALL}).status_code == 302


@pytest.mark.parametrize("who", ["sakura", "ren", "other_guardian", "homeroom", "officer"])
def test_nobody_but_a_guardian_of_this_student_finds_the_pages(browser, cast, sign_in, who):
    session = browser.start_and_return()
    client = sign_in(getattr(cast, who).user)
    assert client.get(browser.page).status_code == 404
    assert client.post(browser.page, {"purposes": ALL}).status_code == 404
    for name in ("session", "state"):
        assert client.get(page_of(name, session.pk)).status_code == 404


def test_another_guardian_of_the_same_student_has_a_page_and_not_this_session(
    browser, cast, sign_in
):
    session = browser.start_and_return()
    second = factories.guardian(cast.sakura, "けん", "ken@example.com")
    client = sign_in(second.user)
    page = client.get(browser.page)
    assert page.status_code == 200
    assert "これまでの受け取り" not in text_of(page)
    assert client.get(page_of("session", session.pk)).status_code == 404


@pytest.mark.parametrize("how", NO_MORE)
def test_who_is_no_guardian_any_more_finds_nothing(browser, cast, how):
    session = browser.start_and_return()
    end_guardianship(cast.sakura, how)
    assert browser.client.get(browser.page).status_code == 404
    assert browser.client.get(page_of("session", session.pk)).status_code == 404
