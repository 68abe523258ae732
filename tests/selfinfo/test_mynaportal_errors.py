"""The client against a misbehaving server: every fault has its error, none reveals a value."""

import asyncio
import hashlib

import pytest
from aiohttp import web

from apps.core import http_client
from apps.linkage.connectors.contract import AuthError, FormatError, TransientError
from apps.selfinfo import mynaportal
from apps.selfinfo.mynaportal import (
    MynaPortalClient,
    MynaPortalEndpoint,
    ProcessExpired,
    SessionRejected,
    pkce_challenge,
)
from tests.sandbox.lrs_server import serving

SECRET = "ひみつ-9876543"


class Rude:
    """Answers every path as set; records headers and bodies."""

    def __init__(self):
        self.status, self.body, self.headers, self.drips = 200, "{}", {}, 0
        self.requests_seen = []

    async def answer(self, request):
        self.requests_seen.append((request.path, dict(request.headers), await request.text()))
        if self.drips:
            stream = web.StreamResponse()
            await stream.prepare(request)
            for _ in range(self.drips):
                await stream.write(b" " * 1000)
                await asyncio.sleep(0.02)
            return stream
        return web.Response(status=self.status, text=self.body, headers=self.headers)

    def application(self):
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.answer)
        return app


@pytest.fixture
def rude():
    server = Rude()
    with serving(None, app=server.application()) as url:
        server.url = url.removesuffix("/xapi")
        yield server


def endpoint(rude):
    return MynaPortalClient(
        MynaPortalEndpoint(rude.url, f"{rude.url}/authorise", "SP12345678_AB1234", is_trial=True)
    )


def result(rude):
    return endpoint(rude).result("token", "p1")


def test_the_challenge_is_the_one_of_the_standard():
    # RFC 7636, appendix B
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert pkce_challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize(
    "place",
    [
        MynaPortalEndpoint(
            "http://myna.example", "https://myna.example", "SP12345678_AB1234", ("c", "k")
        ),
        MynaPortalEndpoint(
            "https://myna.example", "http://myna.example", "SP12345678_AB1234", ("c", "k")
        ),
        MynaPortalEndpoint(
            "https://myna.example", "https://myna.example", "SP1_AB1234", ("c", "k")
        ),
        MynaPortalEndpoint("https://myna.example", "https://myna.example", "SP12345678_AB1234"),
    ],
)
def test_a_real_place_is_https_with_a_certificate_and_a_client_of_the_right_form(place):
    with pytest.raises(AuthError):
        MynaPortalClient(place)


def test_the_real_place_is_entered_with_the_certificate():
    paths = ("/srv/client.pem", "/srv/client.key")
    real = MynaPortalClient(
        MynaPortalEndpoint(
            "https://myna.example", "https://myna.example/a", "SP12345678_AB1234", paths, "/ca"
        )
    )
    assert (real.client.identity.certificate, real.client.identity.ca_file) == (paths, "/ca")
    with pytest.raises(AuthError, match="証明書"):  # there is no such file
        real.result("t", "p")


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (500, {}, TransientError), (503, {"Retry-After": "7"}, TransientError),
        (429, {"Retry-After": "soon"}, TransientError), (403, {}, AuthError),
        (401, {}, SessionRejected), (404, {}, ProcessExpired), (410, {}, ProcessExpired), (400, {}, FormatError),
        (302, {"Location": "/elsewhere"}, FormatError), (204, {}, FormatError),
    ],
)  # fmt: skip
def test_every_status_has_its_name(rude, status, headers, error):
    rude.status, rude.headers, rude.body = status, headers, "" if status == 204 else SECRET
    with pytest.raises(error) as raised:
        result(rude)
    assert type(raised.value) is error
    assert SECRET not in str(raised.value)
    assert len(rude.requests_seen) == 1  # a redirect is not followed
    if status == 503:
        assert raised.value.retry_after == 7


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, '{"error": "invalid_grant"}', SessionRejected), (400, '{"error": "invalid_client"}', AuthError),
        (400, "<html>", AuthError), (401, "", AuthError), (200, "{}", FormatError),
        (200, '{"access_token": 7}', FormatError), (200, '{"access_token": ""}', FormatError),
        (200, '{"access_token": "a\\nb"}', FormatError),
        (200, '{"access_token": "トークン"}', FormatError), (502, "", TransientError),
    ],
)  # fmt: skip
def test_a_code_that_gives_no_token_says_why(rude, status, body, error):
    rude.status, rude.body = status, body
    with pytest.raises(error) as raised:
        endpoint(rude).token(code="c", verifier="v", redirect_uri="r")
    assert type(raised.value) is error


@pytest.mark.parametrize(
    "body",
    [
        SECRET, "[]", '"x"', "[" * 50_000, "{}", '{"resultCode": "7777"}', '{"resultCode": []}',
        '{"resultCode": "0000"}', '{"resultCode": "0000", "selfPersonalData": {}}',
        '{"resultCode": "0000", "selfPersonalData": [7]}',
        '{"resultCode": "0000", "selfPersonalData": [{"personInfoNameCd": "TM1"}]}',
        '{"resultCode": "0000", "selfPersonalData": [{"personInfoNameCd": "TM1",'
        ' "tranStatusCd": "02", "personInfoNameDetailList": "x"}]}',
    ],
)  # fmt: skip
def test_what_is_no_answer_is_a_format_error_without_its_content(rude, body):
    rude.body = body
    with pytest.raises(FormatError) as raised:
        result(rude)
    chain = f"{raised.value!r} {raised.value.__cause__!r} {raised.value.__context__!r}"
    assert SECRET not in chain


def test_too_much_and_too_slow_end(rude, monkeypatch):
    rude.body = " " * 3000
    monkeypatch.setattr(mynaportal, "MAX_BYTES", 2000)
    with pytest.raises(FormatError, match="大きすぎ"):
        result(rude)
    monkeypatch.setattr(mynaportal, "MAX_BYTES", 10**6)
    monkeypatch.setattr(http_client, "RESPONSE_TIMEOUT_S", 0.1)
    rude.drips = 20
    with pytest.raises(TransientError, match="おそすぎ"):
        result(rude)


def test_nobody_there_is_for_later():
    gone = MynaPortalClient(
        MynaPortalEndpoint(
            "http://127.0.0.1:1", "http://127.0.0.1:1", "SP12345678_AB1234", is_trial=True
        )
    )
    with pytest.raises(TransientError):
        gone.result("t", "p")


def test_items_keep_their_order_and_a_part_that_is_not_ready_holds_back_all(rude):
    rude.body = (
        '{"resultCode": "0000", "selfPersonalData": [{"personInfoNameCd": "TM1", "tranStatusCd": "03",'
        ' "personInfoNameDetailList": [{"personInitemCd": "1", "personInitemContent": "a"},'
        ' {"personInitemCd": "1", "personInitemContent": "b"}, {"personInitemCd": "2"}, 7]},'
        ' {"personInfoNameCd": "TM2", "tranStatusCd": "04"}]}'
    )
    parts = result(rude)
    assert parts["TM1"].items == (("1", "a"), ("1", "b"))
    assert (parts["TM2"].is_held, parts["TM2"].is_answered) == (False, True)
    assert "'a'" not in repr(parts)
    rude.body = rude.body.replace('"04"', '"09"')
    assert result(rude) is None


def test_secrets_travel_in_the_body_and_the_header_never_in_the_address(rude):
    rude.body = '{"access_token": "t", "process_id": "p"}'
    portal = endpoint(rude)
    portal.token(code="the-code", verifier="the-verifier", redirect_uri="r")
    portal.request("the-token", {"TM2", "TM1"}, notify=("http://x", "the-secret"))
    (_, _, form), (_, headers, wanted) = rude.requests_seen
    assert "code_verifier=the-verifier" in form
    assert headers["Authorization"] == "Bearer the-token"
    assert '["TM1", "TM2"]' in wanted
    url = portal.authorise_url(state="s", verifier="the-verifier", redirect_uri="r", names={"TM1"})
    assert "the-verifier" not in url
    assert hashlib.sha256(b"the-verifier").hexdigest() not in url
