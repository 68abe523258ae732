"""A stand-in for マイナポータル わたしの情報 over real HTTP, for trials only.

Authorisation code with PKCE S256 (RFC 6749, RFC 7636), then /request and /result as the portal's
client declares them: the real specification is not public, so the fields and every code here are
invented. The guardian's choice on its page decides the answer: see VARIANTS.
"""

import asyncio
import base64
import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from apps.sandbox.mynaportal_answers import VARIANTS, result_body
from apps.sandbox.mynaportal_pages import STYLE, consent_page, refusal_page

CLIENT_ID = re.compile(r"SP\d{8}_[A-Z]{2}\d{4}")
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
POLLS_UNTIL_READY = {
    "slow": 4,
    "never": 10**6,
}  # how often /result says "not yet"; once for the others


@dataclass
class AuthorisationGrant:
    """What one guardian allowed: a code, then a token, then processes."""

    redirect_uri: str
    challenge: str
    variant: str
    token: str = ""
    processes: dict = field(default_factory=dict)  # id -> [names, polls left]


@dataclass
class StandInState:
    """The state of the stand-in, lost when it stops."""

    ready_after_s: float = 3.0
    codes: dict = field(default_factory=dict)
    tokens: dict = field(default_factory=dict)
    seen: list = field(default_factory=list)  # (path, body) of every call of a portal
    notifications: list = field(default_factory=list)  # status of every notification
    tasks: set = field(default_factory=set)


STAND_IN_STATE = web.AppKey("world", StandInState)
routes = web.RouteTableDef()


def application(*, ready_after_s=3.0):
    """The aiohttp application; an answer is ready (and notified) after ``ready_after_s``."""
    app = web.Application(client_max_size=64 * 1024)
    app[STAND_IN_STATE] = StandInState(ready_after_s)
    app.add_routes(routes)
    return app


@routes.get("/")
async def _hello(request):
    return web.Response(text="stand-in for MynaPortal: everything here is invented\n")


@routes.get("/style.css")
async def _style(request):
    return web.Response(text=STYLE, content_type="text/css")


# -- the guardian's page ------------------------------------------------------------------------


@routes.get("/authorise")
async def _ask(request):
    problem = _problem(request.query)
    if problem:
        return web.Response(text=refusal_page(problem), content_type="text/html", status=400)
    return web.Response(text=consent_page(request.query, VARIANTS), content_type="text/html")


def _problem(query):
    """Why an authorisation request is refused; it is never redirected then."""
    if not CLIENT_ID.fullmatch(query.get("client_id", "")):
        return "client_id の形が ちがいます。"
    if urlsplit(query.get("redirect_uri", "")).hostname not in LOOPBACK:
        return "もどる先が、この パソコンの中では ありません。"
    if query.get("response_type") != "code" or query.get("code_challenge_method") != "S256":
        return "response_type=code と PKCE(S256)が いります。"
    if not re.fullmatch(r"[A-Za-z0-9_-]{43}", query.get("code_challenge", "")):
        return "code_challenge が ありません。"
    if not query.get("state") or not query.get("scope"):
        return "state か scope が ありません。"
    return ""


@routes.post("/authorise")
async def _decide(request):
    sent = await request.post()
    if _problem(sent):
        return web.Response(text=refusal_page(_problem(sent)), content_type="text/html", status=400)
    back = {"state": sent["state"]}
    if sent.get("answer") != "allow" or sent.get("variant") not in VARIANTS:
        back["error"] = "access_denied"
    else:
        back["code"] = secrets.token_urlsafe(24)
        request.app[STAND_IN_STATE].codes[back["code"]] = AuthorisationGrant(
            sent["redirect_uri"], sent["code_challenge"], sent["variant"]
        )
    raise web.HTTPSeeOther(f"{sent['redirect_uri']}?{urlencode(back)}")


# -- what the portal's worker calls ---------------------------------------------------------------


@routes.post("/oauth/token")
async def _token(request):
    sent, world = await request.post(), request.app[STAND_IN_STATE]
    world.seen.append((request.path, dict(sent)))
    grant = world.codes.pop(sent.get("code", ""), None)  # valid once, whatever happens
    if not CLIENT_ID.fullmatch(sent.get("client_id", "")):
        return web.json_response({"error": "invalid_client"}, status=401)
    if grant is None or not _fits(grant, sent):
        return web.json_response({"error": "invalid_grant"}, status=400)
    grant.token = secrets.token_urlsafe(32)
    world.tokens[grant.token] = grant
    body = {"access_token": grant.token, "token_type": "Bearer", "expires_in": 1800}
    return web.json_response(body, headers={"Cache-Control": "no-store"})


def _fits(grant, sent):
    digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    same_place = sent.get("redirect_uri") == grant.redirect_uri
    return (
        challenge == grant.challenge and same_place and sent["grant_type"] == "authorization_code"
    )


@routes.post("/request")
async def _request(request):
    grant, sent = await _known(request)
    if grant.variant == "refused":
        return web.json_response({"error": "client is not allowed"}, status=403)
    process_id = secrets.token_hex(8)
    n_polls = POLLS_UNTIL_READY.get(grant.variant, 1)
    grant.processes[process_id] = [sent["personInfoNameCd"], n_polls]
    if "notify" in sent and grant.variant != "never":
        task = asyncio.create_task(
            _tell(request.app[STAND_IN_STATE], grant, process_id, sent["notify"])
        )
        request.app[STAND_IN_STATE].tasks.add(task)
        task.add_done_callback(request.app[STAND_IN_STATE].tasks.discard)
    return web.json_response({"process_id": process_id})


async def _tell(world, grant, process_id, notify):
    """Send the notification that an answer is ready, with a few retries."""
    await asyncio.sleep(world.ready_after_s * (3 if grant.variant == "slow" else 1))
    grant.processes[process_id][1] = 0
    headers = {"Authorization": f"Bearer {notify['secret']}"}
    async with ClientSession(timeout=ClientTimeout(total=5)) as session:
        for _ in range(3):
            try:
                where, body = notify["url"], {"process_id": process_id}
                async with session.post(where, json=body, headers=headers) as answer:
                    world.notifications.append(answer.status)
                    if answer.status != 503:
                        return
            except ClientError:
                world.notifications.append(0)
            await asyncio.sleep(1)


@routes.post("/result")
async def _result(request):
    grant, sent = await _known(request)
    process = grant.processes.get(sent.get("process_id", ""))
    if process is None:
        return web.json_response({"resultCode": "9404"})
    if grant.variant == "hanging" and process[1] > 0:
        process[1] = 0
        await asyncio.sleep(60)
    if grant.variant == "broken":
        return web.Response(text="<html>busy</html>", content_type="text/html")
    if grant.variant == "failing":
        return web.json_response({"error": "down"}, status=502)
    if grant.variant == "blocked":
        return web.json_response({"resultCode": "1000"})
    if grant.variant == "gone":
        return web.json_response({"resultCode": "9404"})
    process[1] -= 1
    return web.json_response(result_body(grant.variant, process[0], is_ready=process[1] < 0))


async def _known(request):
    """The grant of the bearer's token, and the JSON sent."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    grant = request.app[STAND_IN_STATE].tokens.get(token) if scheme == "Bearer" else None
    try:
        sent = await request.json()
    except json.JSONDecodeError as error:
        raise web.HTTPBadRequest(text="JSON") from error
    request.app[STAND_IN_STATE].seen.append((request.path, sent))
    if grant is None:
        raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Bearer"})
    return grant, sent
