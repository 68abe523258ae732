"""Reads responses of foreign servers, with limits on size and time.

The content of a response never enters an error: it may be personal.
"""

import json
from collections.abc import Callable

from apps.core import http_client
from apps.linkage.connectors.contract import AuthError, FormatError, TransientError

MAX_DIGITS = 40
RETRY_LATER = "あとで もう一度 ためします。"


def fetch_response(
    who: str, ask: Callable[[], http_client.ServerResponse]
) -> http_client.ServerResponse:
    """The response of ``who`` (a name for people) to ``ask()``. Raises SourceError."""
    try:
        return ask()
    except http_client.AddressRefused as error:
        words = f"{who}の 番地には つなぎません(内側の 番地、https では ない 番地など)。"
        raise AuthError(words) from error
    except http_client.ResponseTooSlow as error:
        raise TransientError(f"{who}の 答えが おそすぎます。{RETRY_LATER}") from error
    except http_client.ResponseTooLarge as error:
        raise FormatError(f"{who}の 答えが 大きすぎます。") from error
    except http_client.UntrustedCertificate as error:
        raise TransientError(f"{who}の 証明書が 合いません。{RETRY_LATER}") from error
    except http_client.RequestFailed as error:
        raise TransientError(f"{who}に つながりません。{RETRY_LATER}") from error


def parse_json(body, who):
    """A JSON body as Python values. Raises FormatError."""
    try:
        return json.loads(body, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{who}の 答えが JSON では ありません。") from error


def _whole(digits):
    """An int; one with more digits than Python reads becomes a float."""
    return int(digits) if len(digits) <= MAX_DIGITS else float(digits)
