"""What a request for links says (LTI Deep Linking 2.0), and the response. Pure: no Django."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from apps.core.network_addresses import origin_of
from apps.signin.lti_claims import CLAIM, STUDENTS, VERSION, LaunchRefused

REQUEST, RESPONSE = "LtiDeepLinkingRequest", "LtiDeepLinkingResponse"
LINKING_CLAIM = "https://purl.imsglobal.org/spec/lti-dl/claim/"
LINK = "ltiResourceLink"
GOOD_FOR_S = 5 * 60
MAX_URL_CHARS = 2000
VOCABULARY = "http://purl.imsglobal.org/vocab/lis/v2/"
PLACES = ("membership", "institution/person", "system/person")
MAKERS = {"Instructor", "Administrator"} | {
    f"{VOCABULARY}{place}#{role}" for place in PLACES for role in ("Instructor", "Administrator")
}


@dataclass(frozen=True)
class LinkRequest:
    """Where the response goes, and what it may hold; ``data`` is the platform's own, given back."""

    deployment_id: str
    return_url: str
    takes_several: bool
    takes_windows: bool
    data: Any = None


class Link(NamedTuple):
    """A page of ours, as the platform lists it."""

    url: str
    title: str


class ResponseIds(NamedTuple):
    """Who answers whom, once."""

    client_id: str
    issuer: str
    nonce: str


def is_link_request(claims: Mapping[str, Any]) -> bool:
    """Whether a platform asks for links, in place of starting somebody."""
    return claims.get(f"{CLAIM}message_type") == REQUEST


def read_link_request(
    claims: Mapping[str, Any], deployment_ids: Collection[str], origins: Collection[str]
) -> LinkRequest:
    """The request of a teacher or administrator. Raises LaunchRefused.

    ``origins`` are those to which the response may be sent, by https alone.
    """
    if claims.get(f"{CLAIM}version") != VERSION:
        raise LaunchRefused("message")
    deployment_id = claims.get(f"{CLAIM}deployment_id")
    if deployment_id not in deployment_ids:
        raise LaunchRefused("deployment")
    if not _may_make_links(claims.get(f"{CLAIM}roles")):
        raise LaunchRefused("role")
    asked = claims.get(f"{LINKING_CLAIM}deep_linking_settings")
    if not isinstance(asked, Mapping) or LINK not in _texts(asked.get("accept_types")):
        raise LaunchRefused("accept_types")
    return LinkRequest(
        deployment_id=str(deployment_id),
        return_url=_return_url(asked.get("deep_link_return_url"), origins),
        takes_several=asked.get("accept_multiple") is True,
        takes_windows="window" in _texts(asked.get("accept_presentation_document_targets")),
        data=asked.get("data"),
    )


def response_claims(
    request: LinkRequest, ids: ResponseIds, links: Iterable[Link], now: int
) -> dict[str, Any]:
    """What the response says; without links the person has chosen none."""
    window = {"window": {"targetName": "_blank"}} if request.takes_windows else {}
    items = [{"type": LINK, "title": each.title, "url": each.url, **window} for each in links]
    claims = {
        "iss": ids.client_id, "aud": ids.issuer, "nonce": ids.nonce,
        "iat": now, "exp": now + GOOD_FOR_S,
        f"{CLAIM}message_type": RESPONSE, f"{CLAIM}version": VERSION,
        f"{CLAIM}deployment_id": request.deployment_id, f"{LINKING_CLAIM}content_items": items,
    }  # fmt: skip
    return claims if request.data is None else {**claims, f"{LINKING_CLAIM}data": request.data}


def _may_make_links(roles):
    """Whether one role is a teacher's or administrator's, and none a student's."""
    found = set(_texts(roles))
    return bool(found & MAKERS) and not found & STUDENTS


def _return_url(url, origins):
    origin = origin_of(url) if isinstance(url, str) and len(url) <= MAX_URL_CHARS else ""
    if not origin.startswith("https://") or origin not in origins:
        raise LaunchRefused("return_url")
    return url


def _texts(values):
    """The texts of a list, or none where it is something else."""
    return [v for v in values if isinstance(v, str)] if isinstance(values, list) else []
