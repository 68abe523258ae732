"""HTTP client of わたしの情報 (自己情報取得API), one consented session at a time. Pure: no Django.

OAuth 2.0 code with PKCE S256 (RFC 6749, RFC 7636), then ``/request`` gives a process id and
``/result`` its result. Public are the endpoints' names, the format of a client id and of the codes;
the specification itself is not. The fields of requests and answers, and the values of ``STATUSES``
and ``CODES``, are therefore **declared by us** until a city has it: this file is the one place to
change.
"""

import base64
import hashlib
import json
import os
import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from apps.core.http_client import ClientIdentity, HttpClient, UntrustedCertificate
from apps.core.retry_after import retry_after_seconds
from apps.linkage.connectors.contract import AuthError, FormatError, SourceError, TransientError
from apps.linkage.connectors.responses import (
    RETRY_LATER,
    fetch_response,
    parse_json,
)
from apps.selfinfo.reduction import AnswerPart

CLIENT_ID_FORMAT = re.compile(r"SP\d{8}_[A-Z]{2}\d{4}")
FORM_CONTENT_TYPE, JSON_CONTENT_TYPE = "application/x-www-form-urlencoded", "application/json"
MAX_BYTES = 2_000_000  # limits of one answer
MAX_ITEMS = 5000
MAX_TEXT = 200
PENDING, HELD, NOTHING, NOT_ANSWERED = "pending", "held", "nothing", "not_answered"
STATUSES = {  # tranStatusCd of one 特定個人情報名
    "01": PENDING, "09": PENDING, "02": HELD, "03": HELD, "04": NOTHING, "90": NOT_ANSWERED,
}  # fmt: skip
DONE, BLOCKED, GONE = "0000", "1000", "9404"  # resultCode
SERVER_NAME = "マイナポータル"
BLOCKED_RETRY_S = 60


class SessionRejected(SourceError):
    """This session cannot go on: its code or token is not (or no longer) valid."""


class ProcessExpired(SourceError):
    """The process has expired at マイナポータル: no result will come."""


@dataclass(frozen=True)
class MynaPortalEndpoint:
    """The URLs of マイナポータル and our client id; ``certificate`` is (cert, key) paths or None."""

    url: str
    authorise_url: str
    client_id: str
    certificate: tuple | None = None
    ca_file: str = ""
    is_trial: bool = False

    def check(self):
        """Raises AuthError where the settings cannot be used; TLS is required except for the
        stand-in.
        """
        if not CLIENT_ID_FORMAT.fullmatch(self.client_id):
            raise AuthError("クライアントIDの 形が ちがいます(SP12345678_AB1234 の 形)。")
        for url in (self.url, self.authorise_url):
            if urlsplit(url).scheme != "https" and not self.is_trial:
                raise AuthError("マイナポータルの 番地は https:// で 始めてください。")
        if not self.certificate and not self.is_trial:
            raise AuthError("マイナポータルの クライアント証明書が ありません。")


class MynaPortalClient:
    """A client of one endpoint for one session. The operator sets its URL, so it may be anywhere."""

    def __init__(self, place):
        place.check()
        self.place = place
        identity = ClientIdentity(place.certificate, place.ca_file)
        self.client = HttpClient(trusted=[place.url], most_bytes=MAX_BYTES, identity=identity)

    def authorise_url(self, *, state, verifier, redirect_uri, names):
        """Where the guardian goes to read the card; ``names`` are 特定個人情報名コード."""
        query = {
            "response_type": "code",
            "client_id": self.place.client_id,
            "redirect_uri": redirect_uri,
            "state": state,
            "code_challenge": pkce_challenge(verifier),
            "code_challenge_method": "S256",
            "scope": " ".join(sorted(names)),
        }
        return f"{self.place.authorise_url}?{urlencode(query)}"

    def token(self, *, code, verifier, redirect_uri):
        """Exchange a code for an access token. Raises SourceError."""
        answer = self._post(
            "/oauth/token",
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": redirect_uri,
                "client_id": self.place.client_id,
                "code_verifier": verifier,
            },
        )
        return _text(answer, "access_token", 4000)

    def request(self, token, names, *, notify):
        """Start a request for ``names``; its process id. ``notify`` is (url, secret) or None."""
        wanted = {"personInfoNameCd": sorted(names)}
        if notify:
            wanted["notify"] = {"url": notify[0], "secret": notify[1]}
        return _text(self._post("/request", token, json_body=wanted), "process_id", 100)

    def result(self, token, process_id):
        """{name code: AnswerPart} of a request, or None while it is not ready. Raises SourceError."""
        body = self._post("/result", token, json_body={"process_id": process_id})
        code = body.get("resultCode")
        if code == BLOCKED:
            raise TransientError(
                f"マイナポータルが こみあって います。{RETRY_LATER}", BLOCKED_RETRY_S
            )
        if code == GONE:
            raise ProcessExpired("マイナポータルが 処理を おえました。")
        if code != DONE:
            raise FormatError("マイナポータルの 答えの 番号が わかりません。")
        return _parts(body.get("selfPersonalData"))

    # -- one request ----------------------------------------------------------------------------

    def _post(self, path, token="", *, data=None, json_body=None):
        kind, body = (
            (FORM_CONTENT_TYPE, urlencode(data))
            if data
            else (JSON_CONTENT_TYPE, json.dumps(json_body))
        )
        body = body.encode()
        headers = {"Accept": JSON_CONTENT_TYPE}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        url = f"{self.place.url.rstrip('/')}{path}"
        for file in (*(self.place.certificate or ()), self.place.ca_file):
            if file and not os.access(file, os.R_OK):
                raise AuthError("クライアント証明書の ファイルが 読めません。")
        answer = fetch_response(SERVER_NAME, lambda: self._sent(url, body, kind, headers))
        _check_status(answer, path)
        return _json(answer.body)

    def _sent(self, url, body, kind, headers):
        try:
            return self.client.post(url, body, kind, headers=headers)
        except UntrustedCertificate as error:
            raise AuthError("マイナポータルとの 証明書が 合いません。") from error


def pkce_challenge(verifier):
    """base64url(SHA-256(verifier)) without padding (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _check_status(answer, path):
    status = answer.status
    if status == 400 and path == "/oauth/token":
        error = _error(answer)
        if error == "invalid_grant":  # RFC 6749, 5.2
            raise SessionRejected("この やりとりは もう つづけられません。")
        raise AuthError("マイナポータルに 入れません。設定を 確かめてください。")
    if status == 401 and path == "/result":  # the token has expired, or never was valid
        raise SessionRejected("この やりとりは もう つづけられません。")
    if status in (401, 403):
        raise AuthError("マイナポータルに 入れません。設定を 確かめてください。")
    if status in (404, 410) and path == "/result":
        raise ProcessExpired("マイナポータルが 処理を おえました。")
    if status == 429 or status >= 500:
        words = f"マイナポータルが いま 答えられません({status})。{RETRY_LATER}"
        raise TransientError(words, retry_after_seconds(answer.headers.get("Retry-After")))
    if status != 200:
        raise FormatError(f"マイナポータルが 思わぬ 答えを 返しました({status})。")


def _error(answer):
    try:
        return _json(answer.body).get("error")
    except FormatError:
        return None


def _json(body):
    """The object of a JSON body. Its content never enters an error: it may be personal."""
    found = parse_json(body, SERVER_NAME)
    if not isinstance(found, dict):
        raise FormatError("マイナポータルの 答えが JSON では ありません。")
    return found


def _text(body, name, most):
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= most or not value.isprintable():
        raise FormatError(f"マイナポータルの 答えに {name} が ありません。")
    if not value.isascii():
        raise FormatError(f"マイナポータルの {name} が 読めません。")
    return value


def _parts(listed):
    """The AnswerParts of an answer; None while any of them is not ready yet."""
    if not isinstance(listed, list):
        raise FormatError("マイナポータルの 答えに selfPersonalData が ありません。")
    parts, left = {}, MAX_ITEMS
    for one in listed:
        name, status = _of(one, "personInfoNameCd"), STATUSES.get(_of(one, "tranStatusCd"))
        if not name or status is None:
            raise FormatError("マイナポータルの 答えの 状態が わかりません。")
        if status == PENDING:
            return None
        items = _items(one.get("personInfoNameDetailList") or ()) if status == HELD else ()
        left -= len(items)
        if left < 0:
            raise FormatError("マイナポータルの 答えが 大きすぎます。")
        parts[name] = AnswerPart(status == HELD, status != NOT_ANSWERED, items)
    return parts


def _items(listed):
    """((item code, text), …) of the items with a short text, however deep they are nested."""
    if not isinstance(listed, list | tuple):
        raise FormatError("マイナポータルの 答えの 項目が 読めません。")
    found = ((_of(one, "personInitemCd"), _of(one, "personInitemContent")) for one in listed)
    return tuple((code, text) for code, text in found if code and text and len(text) <= MAX_TEXT)


def _of(one, name):
    value = one.get(name) if isinstance(one, dict) else None
    return value if isinstance(value, str) else ""
