"""Study statements from a Learning Record Store (xAPI 1.0.3, part three, 2.1.3 and 4.2).

``since`` compares with *stored*, and a batch shares one stored moment, so the last stored
moment is never used as the cursor: the watermark is the first page's Consistent-Through, minus
an overlap; statements that come twice are recognised by their id.
"""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit
from uuid import UUID

import requests

from apps.linkage.connectors.answers import LATER, body_of, json_of, retry_after
from apps.linkage.connectors.contract import (
    AuthError,
    FormatError,
    Issue,
    Page,
    Record,
    TransientError,
)

VERSION = "1.0.3"
LIMIT = 1_000  # asked for; an LRS may give fewer
TIMEOUT_S = (5, 10)
OVERLAP = timedelta(minutes=10)
WITHOUT_HEADER = timedelta(hours=1)
REACH = timedelta(days=30)  # raw statements are kept no longer: asking for more is in vain
MORE_LIVES = timedelta(hours=20)  # an LRS keeps ``more`` for 24 hours at least
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
JST = timezone(timedelta(hours=9))
TEXT_LIMIT = 500
WHO = "LRS "


class XapiLrs:
    """One LRS at ``url`` (the part before ``/statements``), read with Basic (user, secret)."""

    def __init__(self, url, auth, *, now, session=None):
        self.url, self.auth, self.now = url.rstrip("/"), auth, now
        self.session = session or requests.Session()

    def check(self):
        """Ask for what was stored after now: nothing. Raises SourceError."""
        self._get(f"{self.url}/statements", {"since": _iso(self.now), "limit": 1})
        return "LRS が 答えました。"

    def pull(self, cursor, agreed):
        """Pages of reduced statements, oldest first; goes on where a run was cut off."""
        url, query, until = self._begin(cursor, agreed)
        while url:
            try:
                headers, body = self._get(url, query)
            except FormatError:
                if query is not None or "more" not in cursor:
                    raise
                # They forgot the page we stopped at: what we have is recognised when it comes again.
                cursor = {name: cursor[name] for name in ("since", "agreed") if name in cursor}
                url, query, until = self._begin(cursor, agreed)
                continue
            until = until or self._watermark(headers)
            more = body.get("more")
            url, query = (self._resolve(more) if more else None), None
            yield self._page(body["statements"], cursor, agreed, until, more)

    def _begin(self, cursor, agreed):
        """(url, query, watermark if known) of the first request."""
        same = cursor.get("agreed") == agreed
        if same and "more" in cursor and self.now - _moment(cursor["at"]) < MORE_LIVES:
            return self._resolve(cursor["more"]), None, _moment(cursor["until"])
        oldest = self.now - REACH
        since = max(_moment(cursor["since"]), oldest) if same and "since" in cursor else oldest
        query = {
            "since": _iso(since),
            "ascending": "true",
            "limit": LIMIT,
            "format": "exact",
            "attachments": "false",
        }
        return f"{self.url}/statements", query, None

    def _page(self, statements, cursor, agreed, until, more):
        taken = [_reduced(statement) for statement in statements]
        return Page(
            records=[item for item in taken if isinstance(item, Record)],
            issues=[item for item in taken if isinstance(item, Issue)],
            erased=[item for item in taken if isinstance(item, str)],
            cursor=self._cursor(cursor, agreed, until, more),
        )

    def _cursor(self, cursor, agreed, until, more):
        if not more:
            return {"since": _iso(until), "agreed": agreed}
        begun = {"agreed": agreed, "more": more, "until": _iso(until), "at": _iso(self.now)}
        return {**begun, "since": cursor["since"]} if "since" in cursor else begun

    def _watermark(self, headers):
        """Until where nothing can still appear behind us (xAPI 2.1.3, Consistent-Through).

        By the clock of the store, whose *stored* it is compared with, where it tells its time.
        """
        header = headers.get("X-Experience-API-Consistent-Through")
        theirs = _http_date(headers.get("Date")) or self.now
        if not header:
            return min(theirs, self.now) - WITHOUT_HEADER
        return min(_moment(header), theirs, self.now) - OVERLAP

    def _resolve(self, more):
        """``more`` is relative to scheme and host; a foreign one is not followed."""
        home = urlsplit(self.url)
        url = urljoin(f"{home.scheme}://{home.netloc}", str(more))
        if urlsplit(url)[:2] != home[:2]:
            raise FormatError("LRS が ほかの 場所を さしました。")
        return url

    def _get(self, url, query=None):
        """(headers, body as JSON) of a good answer. Raises SourceError."""
        try:
            with self.session.get(
                url,
                params=query,
                auth=self.auth,
                headers={"X-Experience-API-Version": VERSION},
                timeout=TIMEOUT_S,
                allow_redirects=False,
                stream=True,
            ) as answer:
                wait = retry_after(answer.headers.get("Retry-After"), self.now)
                _check_status(answer.status_code, wait)
                return answer.headers, _statements(json_of(body_of(answer, WHO), WHO))
        except requests.RequestException as error:
            raise TransientError(f"LRS に つながりません。{LATER}") from error


def _check_status(status, wait=None):
    if status in (401, 403):
        raise AuthError("LRS に 入れません。接続の 名前と 秘密を 確かめてください。")
    if status == 429 or status >= 500:
        words = f"LRS が いま 答えられません({status})。{LATER}"
        raise TransientError(words, wait)
    if status != 200:
        raise FormatError(f"LRS が 思わぬ 答えを 返しました({status})。")


def _statements(body):
    """A body that has statements. Raises FormatError."""
    if not isinstance(body, dict) or not isinstance(body.get("statements"), list):
        raise FormatError("LRS の 答えに statements が ありません。")
    return body


def _reduced(statement):
    """A Record of what is kept, the id (str) of a voided statement, or an Issue."""
    try:
        if statement["verb"]["id"] == VOIDED:
            return str(UUID(statement["object"]["id"]))
        subject = str(UUID(statement["actor"]["account"]["name"]))
        key = str(UUID(statement["id"]))
        moment = _moment(statement.get("timestamp") or statement["stored"])
        return Record(
            "statement", subject, key, moment.astimezone(JST).date(), _kept(statement, moment)
        )
    except (KeyError, TypeError, ValueError, AttributeError, FormatError):
        return Issue("学習の 記録に 必要な 項目が ありません。")


def _kept(statement, moment):
    """Exactly the allow-list: verb, object and its type, four parts of the result, when."""
    result = statement.get("result") or {}
    thing = statement["object"]
    kept = {
        "verb": statement["verb"]["id"],
        "object": thing["id"],
        "type": (thing.get("definition") or {}).get("type"),
        "success": result.get("success"),
        "completion": result.get("completion"),
        "scaled": (result.get("score") or {}).get("scaled"),
        "duration": result.get("duration"),
        "timestamp": _iso(moment),
    }
    return {name: value for name, value in kept.items() if _is_plain(value)}


def _is_plain(value):
    return isinstance(value, bool | int | float) or (
        isinstance(value, str) and len(value) <= TEXT_LIMIT
    )


def _moment(text):
    """An aware moment from ISO 8601. Raises FormatError."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise FormatError("時刻が 読めません。") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _http_date(text):
    """An aware moment of a Date header (RFC 9110, 6.6.1), or None."""
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _iso(moment):
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
