"""Requests to a sign-in service through the portal's own HTTP client (core.http_client).

allauth asks through an object like ``requests.Session``: OutboundSession is one. Only the hosts of
SIGN_IN_HOSTS and the private servers of the operator are contacted. Inside ``one_sign_in`` all
requests share one time limit, and a server that is away is not waited for (``service_health``).
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

import requests
from django.conf import settings

from apps.core.http_client import (
    HttpClient,
    RequestFailed,
    ResponseTooSlow,
    ServerResponse,
    basic_authorization,
    is_allowed_url,
)
from apps.core.network_addresses import origin_of
from apps.signin.oidc import service_health

WITHIN_S = 10  # all requests of one sign-in together
SERVER_ERROR = 500
MAX_BYTES = 200_000
FORM = "application/x-www-form-urlencoded"


def sign_in_client() -> HttpClient:
    """A client for the servers of sign-in services."""
    return HttpClient(within_s=WITHIN_S, most_bytes=MAX_BYTES, hosts=settings.SIGN_IN_HOSTS)


class SignIn(NamedTuple):
    """What the requests of one sign-in have in common."""

    client: HttpClient
    municipality_id: UUID


_sign_in: ContextVar[SignIn | None] = ContextVar("sign_in", default=None)


@contextmanager
def one_sign_in(municipality_id: UUID) -> Iterator[None]:
    """All requests inside are those of one sign-in, at a service of this municipality."""
    token = _sign_in.set(SignIn(sign_in_client(), municipality_id))
    try:
        yield
    finally:
        _sign_in.reset(token)


def is_allowed_service(url: str) -> bool:
    """Whether staff may enter this URL as that of a sign-in service."""
    return is_allowed_url(url, settings.SIGN_IN_HOSTS)


class OutboundResponse:
    """What a server answered, as allauth reads it."""

    def __init__(self, response: ServerResponse):
        self.status_code, self.content = response.status, response.body
        self.headers = {"content-type": "", **{k.lower(): v for k, v in response.headers.items()}}

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON. Raises requests.RequestException."""
        try:
            return json.loads(self.content)
        except ValueError as error:
            raise requests.RequestException("no_json") from error

    def raise_for_status(self) -> None:
        """Raises requests.RequestException for anything but an answer that succeeded."""
        if not 200 <= self.status_code < 300:
            raise requests.RequestException(f"status_{self.status_code}")


class OutboundSession:
    """The part of ``requests.Session`` that allauth uses. Raises requests.RequestException.

    Outside of a sign-in (a test by staff) every server is asked, and nothing is noted.
    """

    def __init__(self):
        self.sign_in = _sign_in.get()
        self.client = self.sign_in.client if self.sign_in else sign_in_client()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> OutboundResponse:
        """GET; redirects are not followed."""
        return self.request("GET", url, headers=headers)

    def request(self, method, url, params=None, data=None, headers=None, auth=None):
        """One request; ``data`` is sent as a form."""
        sent = {"Accept": "application/json", **(headers or {})}
        if auth is not None:
            sent["Authorization"] = basic_authorization(auth.username, auth.password)
        if self.sign_in and not service_health.may_ask(origin_of(url)):
            service_health.note_failed_sign_in(self.sign_in.municipality_id)
            raise requests.ConnectionError("away")
        try:
            if method == "GET":
                answer = self.client.get(url, params, headers=sent)
            else:
                answer = self.client.post(url, urlencode(data or {}).encode(), FORM, headers=sent)
        except RequestFailed as error:
            if type(error) in (RequestFailed, ResponseTooSlow):  # not what is wrong on our side
                self._note(url, is_away=True)
            raise requests.ConnectionError(type(error).__name__) from error
        self._note(url, is_away=answer.status >= SERVER_ERROR)
        return OutboundResponse(answer)

    def _note(self, url, *, is_away):
        if self.sign_in is None:
            return
        if not is_away:
            service_health.note_answer(origin_of(url))
            return
        service_health.note_away(origin_of(url))
        service_health.note_failed_sign_in(self.sign_in.municipality_id)
