"""The stand-in follows the standards, and says on every page that it is a stand-in."""

import re

import pytest
import requests

from apps.sandbox import mynaportal_answers
from apps.sandbox.mynaportal import application
from apps.selfinfo.mynaportal import pkce_challenge
from apps.selfinfo.reduction import MEANINGS
from apps.selfinfo.services.endpoints import TRIAL_CODES
from tests.sandbox.lrs_server import serving

BACK = "http://localhost:8000/self-info/back/"
AUTHORISATION = {
    "response_type": "code", "client_id": "SP00000000_AB0000", "redirect_uri": BACK,
    "state": "s1", "code_challenge": pkce_challenge("v" * 43), "code_challenge_method": "S256",
    "scope": "TM00000000000991",
}  # fmt: skip


@pytest.fixture
def url():
    with serving(None, app=application(ready_after_s=0.01)) as base:
        yield base.removesuffix("/xapi")


def allow(url, variant="single", **more):
    form = {**AUTHORISATION, "answer": "allow", "variant": variant, **more}
    return requests.post(f"{url}/authorise", data=form, allow_redirects=False, timeout=5)


def code_of(answer):
    return re.search(r"code=([\w-]+)", answer.headers["Location"]).group(1)


def exchange(url, code, **more):
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": BACK,
        "client_id": "SP00000000_AB0000", "code_verifier": "v" * 43, **more,
    }  # fmt: skip
    return requests.post(f"{url}/oauth/token", data=form, timeout=5)


def test_its_page_says_what_is_asked_and_that_it_is_not_the_real_one(url):
    page = requests.get(f"{url}/authorise", params=AUTHORISATION, timeout=5).text
    assert "体験用の代役です。本物のマイナポータルではありません。" in page
    assert "世帯(架空のコード)" in page
    assert 'lang="ja"' in page


@pytest.mark.parametrize(
    "change",
    [{"client_id": "x"}, {"redirect_uri": "https://evil.example/"}, {"code_challenge": ""},
     {"code_challenge_method": "plain"}, {"state": ""}, {"response_type": "token"}],
)  # fmt: skip
def test_a_wrong_request_is_told_and_redirected_nowhere(url, change):
    answer = requests.get(f"{url}/authorise", params={**AUTHORISATION, **change}, timeout=5)
    assert answer.status_code == 400
    assert allow(url, **change).status_code == 400


def test_nothing_of_a_request_becomes_part_of_its_page(url):
    page = requests.get(
        f"{url}/authorise", params={**AUTHORISATION, "state": '"><b>x'}, timeout=5
    ).text
    assert "<b>x" not in page


def test_no_is_an_answer(url):
    assert allow(url, answer="deny").headers["Location"].endswith("?state=s1&error=access_denied")


def test_a_code_is_good_once_with_its_verifier_and_its_address(url):
    code = code_of(allow(url))
    assert exchange(url, code).json()["token_type"] == "Bearer"
    assert exchange(url, code).json() == {"error": "invalid_grant"}
    for change in ({"code_verifier": "w" * 43}, {"redirect_uri": "http://localhost/"}):
        assert exchange(url, code_of(allow(url)), **change).status_code == 400


def test_a_token_is_asked_for_at_every_url(url):
    for path in ("/request", "/result"):
        assert requests.post(f"{url}{path}", json={}, timeout=5).status_code == 401


def test_its_codes_are_the_ones_the_portal_calls_invented():
    known = {*mynaportal_answers.NAMES}
    assert {name for name, _ in TRIAL_CODES.values()} == known
    assert set(TRIAL_CODES) <= set(MEANINGS)
    single = [mynaportal_answers._one("single", name) for name in known]
    items = {
        (part["personInfoNameCd"], item["personInitemCd"])
        for part in single
        for item in part["personInfoNameDetailList"]
    }
    assert set(TRIAL_CODES.values()) <= items
