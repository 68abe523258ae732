"""A small Learning Record Store over real HTTP (xAPI 1.0.3, part three, 2.1), for trials only."""

import base64
import binascii
import json
from datetime import UTC, datetime
from uuid import UUID

from aiohttp import BasicAuth, web

from apps.sandbox.lrs_store import (
    MalformedStatement,
    StatementConflict,
    StatementStore,
    account_key,
    utc_text,
)

VERSION = "1.0.3"
MAX_PAGE_SIZE = 500
FILTER_PARAMETERS = {"since", "until", "agent", "verb", "activity", "ascending", "limit"}
IGNORED_PARAMETERS = {"format", "attachments"}  # every statement is returned exactly as it came
SINGLE_STATEMENT_PARAMETERS = {"statementId", "voidedStatementId"}
STORE = web.AppKey("store", StatementStore)
LOGIN = web.AppKey("login", str)
routes = web.RouteTableDef()


def application(file=":memory:", login="demo:demo"):
    """The aiohttp application; ``login`` is the one user:password it knows."""
    app = web.Application(middlewares=[_manners], client_max_size=20 * 1024 * 1024)
    app[STORE], app[LOGIN] = StatementStore(file), login
    app.add_routes(routes)
    return app


@web.middleware
async def _manners(request, handler):
    """Middleware: checks version (400), then login (401); every response says how far it is
    consistent.
    """
    headers = {
        "X-Experience-API-Version": VERSION,
        "X-Experience-API-Consistent-Through": utc_text(datetime.now(UTC)),
    }
    try:
        if request.path not in ("/", "/xapi/about"):
            _check_version(request)
            _check_login(request)
        answer = await handler(request)
    except web.HTTPException as refusal:
        refusal.headers.update(headers)
        raise
    except StatementConflict:
        answer = web.Response(status=409, text="another statement has this id")
    except (MalformedStatement, ValueError) as error:
        answer = web.Response(status=400, text=str(error))
    answer.headers.update(headers)
    return answer


def _check_version(request):
    if not request.headers.get("X-Experience-API-Version", "").startswith("1.0"):
        raise web.HTTPBadRequest(text="X-Experience-API-Version: 1.0.x is required")


def _check_login(request):
    try:
        login = BasicAuth.decode(request.headers.get("Authorization", ""))
    except ValueError:
        login = None
    if login is None or f"{login.login}:{login.password}" != request.app[LOGIN]:
        raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Basic"}, text="who asks?")


@routes.get("/")
async def _hello(request):
    return web.Response(text="stand-in LRS: everything here is invented\n")


@routes.get("/xapi/about")
async def _about(request):
    return web.json_response({"version": [VERSION]})


@routes.post("/xapi/statements")
async def _post(request):
    _only(request, set())
    body = await _json(request)
    return web.json_response(request.app[STORE].add(body if isinstance(body, list) else [body]))


@routes.put("/xapi/statements")
async def _put(request):
    _only(request, {"statementId"})
    statement = await _json(request)
    wanted = str(UUID(request.query.get("statementId", "")))
    if not isinstance(statement, dict) or str(UUID(statement.get("id", wanted))) != wanted:
        raise MalformedStatement("statementId and the statement's id differ")
    request.app[STORE].add([{**statement, "id": wanted}])
    return web.Response(status=204)


@routes.get("/xapi/statements")
async def _get(request):
    _only(request, FILTER_PARAMETERS | IGNORED_PARAMETERS | SINGLE_STATEMENT_PARAMETERS)
    for name in SINGLE_STATEMENT_PARAMETERS & set(request.query):
        if (
            set(request.query) & FILTER_PARAMETERS
            or len(SINGLE_STATEMENT_PARAMETERS & set(request.query)) > 1
        ):
            raise MalformedStatement("one statement, or a filter: not both")
        wanted = str(UUID(request.query[name]))
        found = request.app[STORE].one(wanted, voided=name == "voidedStatementId")
        return web.json_response(found) if found else web.Response(status=404)
    return _answer(request, _query(request.query))


@routes.get("/xapi/more/{token}")
async def _more(request):
    try:
        query = json.loads(base64.urlsafe_b64decode(request.match_info["token"]))
    except (binascii.Error, ValueError) as error:
        raise web.HTTPNotFound(text="no such page") from error
    return _answer(request, query)


def _answer(request, query):
    statements, last = request.app[STORE].page(query, query["limit"])
    more = ""
    if last is not None:
        token = json.dumps({**query, "after": last}).encode()
        more = f"/xapi/more/{base64.urlsafe_b64encode(token).decode()}"
    return web.json_response({"statements": statements, "more": more})


def _query(given):
    """The filter of a request for the store. Raises ValueError, MalformedStatement."""
    limit = int(given.get("limit", 0))
    if limit < 0 or given.get("ascending", "false") not in ("true", "false"):
        raise MalformedStatement("limit is 0 or more, ascending true or false")
    query = {
        "ascending": given.get("ascending") == "true",
        "limit": min(limit or MAX_PAGE_SIZE, MAX_PAGE_SIZE),
    }
    for name in ("since", "until"):
        if name in given:
            query[name] = utc_text(datetime.fromisoformat(given[name]))
    query |= {name: given[name] for name in ("verb", "activity") if name in given}
    if "agent" in given:
        query["agent"] = account_key(json.loads(given["agent"])) or ""
    return query


def _only(request, known):
    if unknown := set(request.query) - known:
        raise MalformedStatement(f"unknown parameter: {', '.join(sorted(unknown))}")


async def _json(request):
    body = await request.json()
    if not isinstance(body, dict | list) or not all(
        isinstance(one, dict) for one in (body if isinstance(body, list) else [body])
    ):
        raise MalformedStatement("a statement or a list of statements")
    return body
