"""Study statements from a Learning Record Store (xAPI 1.0.3, part three, 2.1.3 and 4.2).

``since`` compares with *stored*, and a batch shares one stored moment, so the last stored moment is
never used as the cursor: the watermark is the first page's Consistent-Through, minus an overlap;
statements that come twice are recognised by their ids. Some stores compare ``since`` with
*timestamp* instead: statements stored late are found by a wider query, once a day.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit
from uuid import UUID

from requests.utils import requote_uri

from apps.core.http_client import HttpClient
from apps.core.retry_after import retry_after_seconds
from apps.core.time_zone import JST
from apps.linkage.connectors.contract import (
    AuthError,
    FormatError,
    Issue,
    Page,
    Record,
    SourcePosition,
    TransientError,
)
from apps.linkage.connectors.responses import (
    RETRY_LATER,
    fetch_response,
    parse_json,
)
from apps.linkage.connectors.value_limits import CLOCK_TOLERANCE, date_problem, is_storable_text

VERSION = "1.0.3"
PAGE_SIZE = 1_000  # statements asked for at once; an LRS may give fewer
OVERLAP = timedelta(minutes=10)
OVERLAP_WITHOUT_HEADER = timedelta(hours=1)
WIDE_OVERLAP = timedelta(days=7)  # how far back the wider query goes
WIDE_INTERVAL = timedelta(days=1)
STATEMENT_RETENTION = timedelta(
    days=30
)  # raw statements are not kept longer, so older ones are not read
MORE_LINK_LIFETIME = timedelta(hours=20)  # an LRS keeps ``more`` for 24 hours at least
VOIDED_VERB = "http://adlnet.gov/expapi/verbs/voided"
MAX_TEXT = 500
SERVER_NAME = "LRS "
STATEMENT_INCOMPLETE = "学習の 記録に 必要な 項目が ありません。"
TIMESTAMP_OUT_OF_RANGE = "時刻が 暦の 外です。"
TEXT_NOT_STORABLE = "文字が とちゅうで 切れて います。"
SCORE_OUT_OF_RANGE = "点(scaled)が -1から 1までの 数では ありません。"


class XapiClient:
    """One LRS at ``url`` (the part before ``/statements``), read with Basic (user, secret)."""

    def __init__(self, url, auth, *, now, client=None):
        self.url, self.auth, self.now = url.rstrip("/"), auth, now
        self.client = client or HttpClient()

    def check(self):
        """Ask for statements stored after now: there are none. Raises SourceError."""
        self._get(f"{self.url}/statements", {"since": _iso(self.now), "limit": 1})
        return "LRS が 答えました。"

    def pull(self, cursor, agreed):
        """Pages of reduced statements, oldest first; continues an interrupted run."""
        url, query, until, wide_at = self._begin(cursor, agreed)
        while url:
            try:
                headers, body = self._get(url, query)
            except FormatError:
                if query is not None or "more" not in cursor:
                    raise
                # The ``more`` link has expired: statements that come again are recognised by their ids.
                cursor = {name: cursor[name] for name in ("since", "agreed") if name in cursor}
                url, query, until, wide_at = self._begin(cursor, agreed)
                continue
            until = until or self._watermark(headers)
            more = body.get("more")
            url, query = (self._resolve(more) if more else None), None
            now = {"agreed": agreed, "wide_at": _iso(wide_at)}
            yield self._page(body["statements"], {**now, **self._place(cursor, until, more)})

    def _begin(self, cursor, agreed):
        """(url, query, watermark if known, moment of the last wide query once this read ends)."""
        same = cursor.get("agreed") == agreed
        wide_at = _moment(cursor["wide_at"]) if same and "wide_at" in cursor else self.now
        if same and "more" in cursor and self.now - _moment(cursor["at"]) < MORE_LINK_LIFETIME:
            return self._resolve(cursor["more"]), None, _moment(cursor["until"]), wide_at
        since = self.now - STATEMENT_RETENTION
        if same and "since" in cursor:
            since = max(_moment(cursor["since"]), since)
            if self._is_wide(cursor):
                since, wide_at = min(since, self.now - WIDE_OVERLAP), self.now
        query = {
            "since": _iso(since),
            "ascending": "true",
            "limit": PAGE_SIZE,
            "format": "exact",
            "attachments": "false",
        }
        return f"{self.url}/statements", query, None, wide_at

    def _is_wide(self, cursor):
        """Whether it is time for a wider query; an interrupted one is started again."""
        if "more" in cursor or "wide_at" not in cursor:
            return True
        return self.now - _moment(cursor["wide_at"]) >= WIDE_INTERVAL

    def _page(self, statements, cursor):
        today = self.now.astimezone(JST).date()
        records = [_reduced(statement, today) for statement in statements]
        return Page(
            records=[item for item in records if isinstance(item, Record)],
            issues=[item for item in records if isinstance(item, Issue)],
            erased=[item for item in records if isinstance(item, str)],
            cursor=cursor,
        )

    def _place(self, cursor, until, more):
        """The part of the cursor that says where to continue: on a page, or after the watermark."""
        if not more:
            return {"since": _iso(until)}
        begun = {"more": more, "until": _iso(until), "at": _iso(self.now)}
        return {**begun, "since": cursor["since"]} if "since" in cursor else begun

    def _watermark(self, headers):
        """The moment before which no new statement can appear (xAPI 2.1.3, Consistent-Through).

        By the clock of the store, which sets *stored*, where it sends its time.
        """
        header = headers.get("X-Experience-API-Consistent-Through")
        theirs = _http_date(headers.get("Date")) or self.now
        if not header:
            return min(theirs, self.now) - OVERLAP_WITHOUT_HEADER
        return min(_moment(header), theirs, self.now) - OVERLAP

    def _resolve(self, more):
        """``more`` is relative to scheme and host; a foreign one is not followed."""
        home, more = urlsplit(self.url), str(more)
        if not (is_storable_text(more) and more.isprintable()):
            raise FormatError("LRS の つづきの 番地が 読めません。")
        try:
            url = requote_uri(urljoin(f"{home.scheme}://{home.netloc}", more))
            elsewhere = urlsplit(url)[:2] != home[:2]
        except ValueError as error:
            raise FormatError("LRS の つづきの 番地が 読めません。") from error
        if elsewhere:
            raise FormatError("LRS が ほかの 場所を さしました。")
        return url

    def _get(self, url, query=None):
        """(headers, body as JSON) of a successful response. Raises SourceError."""
        version_header = {"X-Experience-API-Version": VERSION}
        answer = fetch_response(
            SERVER_NAME, lambda: self.client.get(url, query, headers=version_header, auth=self.auth)
        )
        wait = retry_after_seconds(answer.headers.get("Retry-After"), self.now)
        _check_status(answer.status, wait)
        return answer.headers, _statements(parse_json(answer.body, SERVER_NAME))


def _check_status(status, wait=None):
    if status in (401, 403):
        raise AuthError("LRS に 入れません。接続の 名前と 秘密を 確かめてください。")
    if status == 429 or status >= 500:
        words = f"LRS が いま 答えられません({status})。{RETRY_LATER}"
        raise TransientError(words, wait)
    if status != 200:
        raise FormatError(f"LRS が 思わぬ 答えを 返しました({status})。")


def _statements(body):
    """The statements of a body. Raises FormatError."""
    if not isinstance(body, dict) or not isinstance(body.get("statements"), list):
        raise FormatError("LRS の 答えに statements が ありません。")
    return body


class _Unfit(Exception):
    """A statement that cannot be stored; the message is a sentence without its content."""


def _reduced(statement, today):
    """A Record of the kept parts, the id (str) of a voided statement, or an Issue."""
    place = SourcePosition()
    try:
        place = SourcePosition(str(UUID(statement["id"])))
        if statement["verb"]["id"] == VOIDED_VERB:
            return str(UUID(statement["object"]["id"]))
        subject = str(UUID(statement["actor"]["account"]["name"]))
        moment = _moment(statement.get("timestamp") or statement["stored"])
        day = moment.astimezone(JST).date()
        if reason := date_problem(day, today, CLOCK_TOLERANCE):
            raise _Unfit(reason)
        return Record("statement", subject, place.file, day, _kept(statement, moment), place)
    except _Unfit as unfit:
        return Issue(str(unfit), place)
    except OverflowError:
        return Issue(TIMESTAMP_OUT_OF_RANGE, place)
    except (KeyError, TypeError, ValueError, AttributeError, FormatError):
        return Issue(STATEMENT_INCOMPLETE, place)


def _kept(statement, moment):
    """Exactly the allow-list: verb, object and its type, four parts of the result, when.

    Raises _Unfit for a text or a number that cannot be stored.
    """
    result = statement.get("result") or {}
    thing = statement["object"]
    texts = {
        "verb": statement["verb"]["id"],
        "object": thing["id"],
        "type": (thing.get("definition") or {}).get("type"),
        "duration": result.get("duration"),
        "timestamp": _iso(moment),
    }
    flags = {name: result.get(name) for name in ("success", "completion")}
    return {
        **{name: text for name, text in texts.items() if _is_text(text)},
        **{name: flag for name, flag in flags.items() if isinstance(flag, bool)},
        **_scaled((result.get("score") or {}).get("scaled")),
    }


def _is_text(value):
    if not isinstance(value, str):
        return False
    if not is_storable_text(value):
        raise _Unfit(TEXT_NOT_STORABLE)
    return len(value) <= MAX_TEXT


def _scaled(value):
    """{"scaled": a number from -1 to 1} (xAPI 1.0.3, part two, 2.4.5.1), {} where there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return {}
    if not -1 <= value <= 1:  # NaN is not between them either
        raise _Unfit(SCORE_OUT_OF_RANGE)
    return {"scaled": value}


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
