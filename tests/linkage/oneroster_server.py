"""A small OneRoster server: tokens, pages, totals, and faults on demand."""

import json
from contextlib import contextmanager

from aiohttp import web

from apps.linkage.connectors.oneroster import API_PATH, OneRosterClient
from tests.sandbox.lrs_server import serving

SCHOOL, DISTRICT = "s1", "d1"
YEAR = 2026  # the date of these tests


def item(source_id, **more):
    return {"sourcedId": source_id, "status": "active", "dateLastModified": "2026-04-01", **more}


def ref(source_id):
    return {"href": "https://example.com/x", "sourcedId": source_id, "type": "x"}


def pupil(n, **more):
    """User number n, with booleans, names and roles as servers really send them."""
    names = {"kanaGivenName": "ハナ", "kanaFamilyName": "ミホン"}
    return item(
        f"u{n:04}", enabledUser=True, givenName="Hana", familyName="Mihon",
        preferredFirstName=f"はな{n}", preferredLastName="みほん", grades=["J1"], roles=[],
        userMasterIdentifier=f"3c6e8551-cb1d-4d2f-99c3-{n:012}",
        userIds=[{"type": "C4th", "identifier": str(1000 + n)}],
        primaryOrg=ref(SCHOOL), metadata={"jp": names}, **more,
    )  # fmt: skip


def enrolment(n):
    extension = {"shussekiNo": str(n), "publickFlg": True}
    return item(
        f"e{n:04}", user=ref(f"u{n:04}"), school=ref(SCHOOL), role="student", primary=False,
        metadata={"jp": extension}, **{"class": ref("c1")},
    )  # fmt: skip


def whole(n=7, code="172065", school_code="C117299990017"):
    """Everything of one school with ``n`` students."""
    return {
        "academicSessions": [
            item("y1", title=f"{YEAR}年度", type="schoolYear", startDate=f"{YEAR}-04-01",
                 endDate=f"{YEAR + 1}-03-31", schoolYear=str(YEAR)),
        ],
        "orgs": [
            item(DISTRICT, name="加賀市(架空)", type="district", identifier=code),
            item(SCHOOL, name="みほん中学校(架空)", type="school", identifier=school_code,
                 parent=ref(DISTRICT)),
        ],
        "classes": [
            item("c1", title="1年1組", classType="homeroom", grades=["J1"], school=ref(SCHOOL),
                 terms=[], metadata={"jp": {"specialNeeds": False}}),
        ],
        "users": [pupil(k) for k in range(1, n + 1)],
        "enrollments": [enrolment(k) for k in range(1, n + 1)],
    }  # fmt: skip


class Server:
    """``faults`` are (status, headers, body) given once each to the pages asked next.

    ``after`` is called with (collection, offset) after each page: to change data between pages.
    """

    def __init__(self, data=None):
        self.data = data or whole()
        self.faults, self.requests_seen, self.entered = [], [], []
        self.largest, self.links, self.totals, self.scope = 3, False, True, None
        self.next_link, self.after = None, lambda name, offset: None
        self.total_of, self.ignores_offset = lambda page, data: len(data), False

    def application(self):
        app = web.Application()
        app.router.add_post("/token", self.token)
        app.router.add_get(API_PATH + "/{name}", self.page)
        return app

    async def token(self, request):
        form = dict(await request.post())
        self.entered.append((request.headers.get("Authorization"), form))
        if self.scope and not form["scope"].endswith(self.scope):
            return web.json_response({"error": "invalid_scope"}, status=400)
        known = form.get("client_secret") == "secret" or "Authorization" in request.headers
        if not known:
            return web.json_response({"error": "invalid_client"}, status=401)
        return web.json_response({"access_token": f"t{len(self.entered)}", "expires_in": 60})

    async def page(self, request):
        name, query = request.match_info["name"], request.query
        self.requests_seen.append((name, dict(query), request.headers.get("Authorization")))
        if self.faults:
            status, headers, body = self.faults.pop(0)
            return web.Response(status=status, headers=headers, text=json.dumps(body))
        offset, limit = int(query.get("offset", 0)), min(int(query["limit"]), self.largest)
        offset = 0 if self.ignores_offset else offset
        found = self.data[name][offset : offset + limit]
        total = self.total_of(found, self.data[name])
        if "filter" in query:
            since = query["filter"].split("'")[1]
            found = [one for one in self.data[name] if one["dateLastModified"] > since][:limit]
        headers = {"X-Total-Count": str(total)} if self.totals else {}
        if self.links:
            where = f"{API_PATH}/{name}?limit={limit}&offset={offset + limit}"
            more = self.next_link or where
            rel = "next" if offset + limit < total else "first"
            headers["Link"] = f'<{more}>; rel="{rel}"'
        self.after(name, offset)
        return web.json_response({name: found}, headers=headers)


@contextmanager
def running(server):
    """The base URL of this server."""
    with serving(None, app=server.application()) as url:
        yield url.removesuffix("/xapi")


def reader(base, **more):
    """A reader with a valid secret."""
    return OneRosterClient(base, f"{base}/token", ("portal", "secret"), **more)
