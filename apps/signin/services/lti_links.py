"""Links that a platform asks for: the pages it may list, and the signed response.

Nobody is made or signed in, and nothing is stored: the request waits sealed in the page's form.
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core import clock, sealed_tokens
from apps.core.languages import PageLanguage, speaking
from apps.core.network_addresses import origin_of
from apps.signin.lti_claims import LaunchRefused
from apps.signin.lti_links import Link, LinkRequest, ResponseIds, read_link_request, response_claims
from apps.signin.models import LtiPlatform
from apps.signin.services import lti_keys
from apps.signin.services.lti_platforms import START_PAGES, origins_of, platform_in_use

PURPOSE, LIFETIME_S, MAX_CHARS = "signin.lti_link", 10 * 60, 60_000
TITLES = {
    "portal:home": _("加賀ポータル"),
    "checkins:today": _("チェックイン"),
    "notices:inbox": _("お知らせ"),
}


class WaitingRequest(NamedTuple):
    """A request whose page is shown; ``nonce`` is that of its one response."""

    platform: LtiPlatform
    asked: LinkRequest
    nonce: str


def link_choices() -> list[tuple[str, Any]]:
    """(URL name, title) of the pages that a platform may list."""
    return [(name, TITLES[name]) for name in START_PAGES]


def sealed_request(platform: LtiPlatform, claims: Mapping[str, Any]) -> tuple[LinkRequest, str]:
    """What the verified claims ask for, and the same sealed for the form. Raises LaunchRefused."""
    asked = read_link_request(claims, platform.deployment_ids, origins_of(platform))
    content = json.dumps([str(platform.pk), asdict(asked), secrets.token_urlsafe(24)])
    return asked, sealed_tokens.seal_token(PURPOSE, content.encode())


def waiting_request(sealed: str) -> WaitingRequest:
    """The request that a form brings back, where it waits still. Raises LaunchRefused."""
    if len(sealed) > MAX_CHARS:
        raise LaunchRefused("form")
    content = sealed_tokens.open_token(PURPOSE, sealed, LIFETIME_S)
    if content is None:
        raise LaunchRefused("form")
    pk, asked, nonce = json.loads(content)
    platform = platform_in_use(pk)
    if platform is None:
        raise LaunchRefused("platform")
    return WaitingRequest(platform, LinkRequest(**asked), nonce)


def signed_response(waiting: WaitingRequest, names: Iterable[str]) -> str:
    """The response with the chosen pages, once for each request. Raises LaunchRefused."""
    platform, asked, nonce = waiting
    if origin_of(asked.return_url) not in origins_of(platform):  # they were changed meanwhile
        raise LaunchRefused("return_url")
    if not cache.add(f"lti.link:{nonce}", 1, LIFETIME_S):
        raise LaunchRefused("used")
    ids = ResponseIds(platform.client_id, platform.issuer, nonce)
    now = int(clock.now().timestamp())
    try:
        return lti_keys.sign(response_claims(asked, ids, _links(names), now))
    except lti_keys.CannotSign as error:
        raise LaunchRefused("key") from error


def _links(names: Iterable[str]) -> list[Link]:
    """The pages; their titles are for students, who read Japanese whoever chooses."""
    root = settings.PORTAL_URL
    with speaking(PageLanguage.JA.value):
        return [Link(root + reverse(name), str(TITLES[name])) for name in names]
