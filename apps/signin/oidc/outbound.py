"""Requests to a sign-in service through the portal's own HTTP client (core.http_client).

allauth asks through an object like ``requests.Session``: OutboundSession is one. Only the hosts of
SIGN_IN_HOSTS and the private servers of the operator are contacted.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import requests
from django.conf import settings

from apps.core.http_client import (
    HttpClient,
    RequestFailed,
    ServerResponse,
    basic_authorization,
    is_allowed_url,
)

WITHIN_S = 10  # all requests of one sign-in together
MAX_BYTES = 200_000
FORM = "application/x-www-form-urlencoded"


def sign_in_client() -> HttpClient:
    """A client for the servers of sign-in services."""
    return HttpClient(within_s=WITHIN_S, most_bytes=MAX_BYTES, hosts=settings.SIGN_IN_HOSTS)


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
    """The part of ``requests.Session`` that allauth uses. Raises requests.RequestException."""

    def __init__(self):
        self.client = sign_in_client()

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
        try:
            if method == "GET":
                answer = self.client.get(url, params, headers=sent)
            else:
                answer = self.client.post(url, urlencode(data or {}).encode(), FORM, headers=sent)
        except RequestFailed as error:
            raise requests.ConnectionError(type(error).__name__) from error
        return OutboundResponse(answer)
