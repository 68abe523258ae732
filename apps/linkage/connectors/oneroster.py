"""A roster over REST: OneRoster 1.2 with OAuth 2 client credentials. Pure: no Django, no database.

The Japan Profile is bulk, so every read is complete; ``may_have_changed`` only avoids reads without
changes.
"""

from datetime import UTC
from urllib.parse import quote, urlencode, urljoin, urlsplit

from requests.utils import parse_header_links, requote_uri

from apps.core.http_client import HttpClient
from apps.core.retry_after import retry_after_seconds
from apps.linkage.connectors import oneroster_tables
from apps.linkage.connectors.contract import AuthError, FormatError, TransientError
from apps.linkage.connectors.responses import (
    RETRY_LATER,
    fetch_response,
    parse_json,
)

API_PATH = "/ims/oneroster/rostering/v1p2"
COLLECTIONS = ("academicSessions", "orgs", "classes", "users", "enrollments")
SCOPE_PREFIX = "https://purl.imsglobal.org/spec/or/v1p2/scope/"
SCOPES = (f"{SCOPE_PREFIX}roster.readonly", f"{SCOPE_PREFIX}roster-core.readonly")
PAGE_SIZE = 500
FORM_CONTENT_TYPE = "application/x-www-form-urlencoded"
MAX_ROWS = 400_000  # of one collection, the same limit as in a zip
SERVER_NAME = "名簿の サーバー"


class CollectionChanged(Exception):
    """The collection changed while its pages were read."""


class ReportedTotal:
    """What a server says a collection holds. Some say how many are on the page instead (or 0).

    So a total that one page reaches is believed only once another page was empty.
    """

    def __init__(self):
        self.reported, self.is_one_page, self.is_believed = None, False, True

    def observe(self, reported, on_page):
        """Note the total reported with a page of ``on_page`` items. Raises CollectionChanged where
        it changed.
        """
        if not on_page or not self.is_believed:
            return
        if self.is_one_page or reported == 0:  # there was more than reported
            self.reported, self.is_one_page, self.is_believed = None, False, False
        elif reported is not None and self.reported is None:
            self.reported, self.is_one_page = reported, reported == on_page
        elif reported is not None and reported != self.reported:
            raise CollectionChanged

    def is_reached(self, n_read):
        return self.reported is not None and n_read >= self.reported and not self.is_one_page


class OneRosterClient:
    """One server at ``base`` (before ``/ims``); an id and a secret get a token at ``token_url``."""

    def __init__(self, base, token_url, entry, *, in_form=False, client=None):
        self.url = base.rstrip("/").removesuffix(API_PATH) + API_PATH
        self.token_url, self.entry, self.in_form = token_url, entry, in_form
        self.client = client or HttpClient()
        self.token, self.renewals = None, 0

    def check(self):
        """Get a token and ask for one organisation. Raises SourceError."""
        self._items("orgs", self._get(f"{self.url}/orgs", {"limit": 1}))
        return "名簿の サーバーが 答えました。"

    def read(self, today):
        """(tables in the form of the Japan Profile's CSV, {collection: total}). Raises SourceError."""
        found = {name: self._settled(name) for name in COLLECTIONS}
        return oneroster_tables.to_csv_tables(found, today), {k: len(v) for k, v in found.items()}

    def may_have_changed(self, since, totals):
        """Whether anything was changed after ``since`` (aware), or a total differs from then.

        True for a server that cannot filter. Raises SourceError.
        """
        return any(self._may_differ(name, since, totals.get(name)) for name in COLLECTIONS)

    def _may_differ(self, name, since, total):
        url, moment = f"{self.url}/{name}", since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if _total(self._get(url, {"limit": 1})) != total:
            return True
        query = {"limit": 1, "filter": f"dateLastModified>'{moment}'"}
        try:
            return bool(self._items(name, self._get(url, query)))
        except FormatError:
            return True

    # -- pages ----------------------------------------------------------------------------------

    def _settled(self, name):
        """All items of a collection; read once more where it changed meanwhile."""
        for _ in range(2):
            try:
                return self._all(name)
            except CollectionChanged:
                continue
        raise TransientError(f"読んで いる あいだに 名簿が 変わりました。{RETRY_LATER}")

    def _all(self, name):
        items, total, url, query = [], ReportedTotal(), f"{self.url}/{name}", self._query(0)
        while url:
            answer = self._get(url, query)
            page = self._items(name, answer)
            if total.is_one_page and page == items:
                break  # a server that ignores the offset gave its one page again
            total.observe(_total(answer), len(page))
            items += page
            if len(items) > MAX_ROWS:
                raise FormatError("名簿の 行が 多すぎます。")
            url, query = self._next(name, answer, len(items), total, bool(page))
        ids = [item["sourcedId"] for item in items if _is_named(item)]
        if len(set(ids)) != len(ids) or total.reported not in (None, len(items)):
            raise CollectionChanged
        return items

    def _query(self, offset):
        return {"limit": PAGE_SIZE, "offset": offset, "sort": "sourcedId", "orderBy": "asc"}

    def _next(self, name, answer, n_read, total, came):
        """(url, query) of the next page, (None, None) at the end; a page may have fewer items than
        asked.
        """
        if not came:
            return None, None
        links = _links(answer)
        if "next" in links:
            return self._same_origin(links["next"]), None
        if links or total.is_reached(n_read):
            return None, None
        return f"{self.url}/{name}", self._query(n_read)

    def _same_origin(self, link):
        """Raises FormatError for a link to another origin: a token is never sent elsewhere."""
        url = requote_uri(urljoin(f"{self.url}/", link))
        if urlsplit(url)[:2] != urlsplit(self.url)[:2]:
            raise FormatError("名簿の サーバーが ほかの 場所を さしました。")
        return url

    def _items(self, name, answer):
        body = parse_json(answer.body, SERVER_NAME)
        items = body.get(name) if isinstance(body, dict) else None
        if not isinstance(items, list):
            raise FormatError(f"名簿の サーバーの 答えに {name} が ありません。")
        return items

    # -- requests -------------------------------------------------------------------------------

    def _get(self, url, query=None):
        self.token = self.token or self._enter()
        answer = self._bearing(url, query)
        if answer.status == 401 and not self.renewals:  # the token may have expired meanwhile
            self.renewals, self.token = 1, self._enter()
            answer = self._bearing(url, query)
        _check_status(answer)
        return answer

    def _bearing(self, url, query):
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        return fetch_response(SERVER_NAME, lambda: self.client.get(url, query, headers=headers))

    def _enter(self):
        """A token for the full scope, or for the core scope where that is refused (RFC 6749, 4.4)."""
        for scope in SCOPES:
            answer = self._ask_for_token(scope)
            if not (answer.status == 400 and _member(answer, "error") == "invalid_scope"):
                break
        if answer.status == 400:
            raise AuthError("名簿の サーバーに 入れません。接続の 名前と 秘密を 確かめてください。")
        _check_status(answer)
        token = _member(answer, "access_token")
        if not token or not token.isascii() or not token.isprintable():
            raise FormatError("トークンの 答えが 読めません。")
        return token

    def _ask_for_token(self, scope):
        form, entry = {"grant_type": "client_credentials", "scope": scope}, {}
        if self.in_form:
            form |= dict(zip(("client_id", "client_secret"), self.entry, strict=True))
        else:  # RFC 6749, 2.3.1: both are form-encoded before they become Basic
            entry = {"auth": tuple(quote(part, safe="") for part in self.entry)}
        body = urlencode(form).encode()
        return fetch_response(
            SERVER_NAME, lambda: self.client.post(self.token_url, body, FORM_CONTENT_TYPE, **entry)
        )


def _check_status(answer):
    status, why = answer.status, _minor(answer)
    if status in (401, 403):
        raise AuthError("名簿の サーバーに 入れません。接続の 名前と 秘密を 確かめてください。")
    if status == 429 or status >= 500 or "server_busy" in why:
        wait = retry_after_seconds(answer.headers.get("Retry-After"))
        raise TransientError(
            f"名簿の サーバーが いま 答えられません({status})。{RETRY_LATER}", wait
        )
    if status != 200:
        raise FormatError(f"名簿の サーバーが 思わぬ 答えを 返しました({status}{why})。")


def _minor(answer):
    """The known code of an imsx_StatusInfo, whatever the case of its keys; never its free text."""
    if answer.status == 200:
        return ""
    known = ("invalid_filter_field", "invalid_selection_field", "invaliddata", "server_busy",
             "unauthorisedrequest", "forbidden", "unknownobject", "internal_server_error")  # fmt: skip
    text = answer.body[:10_000].decode(errors="replace")
    return "".join(f" {code}" for code in known if f'"{code}"' in text)


def _links(answer):
    """{relation: URL} of a Link header (RFC 8288)."""
    found = parse_header_links(answer.headers.get("Link", ""))
    return {link.get("rel") or link["url"]: link["url"] for link in found}


def _total(answer):
    text = answer.headers.get("X-Total-Count", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _member(answer, name):
    try:
        body = parse_json(answer.body, SERVER_NAME)
    except FormatError:
        return ""
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""


def _is_named(item):
    return isinstance(item, dict) and isinstance(item.get("sourcedId"), str)
