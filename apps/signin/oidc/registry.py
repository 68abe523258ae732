"""The sign-in services by their ``provider_id`` ("kind:id"), for allauth's adapter.

Each use registers a kind with the function that finds its row, so that a new one changes nothing
here.
"""

from collections.abc import Callable
from typing import Any

from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers import registry
from django.http import HttpRequest

from apps.signin.oidc.client import VerifyingProvider

FindService = Callable[[str], SocialApp | None]
_FINDERS: dict[str, FindService] = {}


def register_service(provider_class: type[VerifyingProvider], find: FindService) -> None:
    """``find`` gives the unsaved SocialApp for the id behind "kind:"; None where there is none."""
    _FINDERS[provider_class.id] = find
    registry.register(provider_class)


def provider_id_of(provider_class: type[VerifyingProvider], pk: object) -> str:
    """The ``provider_id`` of a row: what SocialAccount.provider holds."""
    return f"{provider_class.id}:{pk}"


def find_service(provider_id: str) -> SocialApp | None:
    """The SocialApp (unsaved) of this ``provider_id``, or None."""
    kind, _, pk = provider_id.partition(":")
    find = _FINDERS.get(kind)
    return find(pk) if find and pk else None


def social_app(
    provider_class: type[VerifyingProvider],
    pk: object,
    *,
    name: str,
    client_id: str,
    secret: str,
    **settings: Any,
) -> SocialApp:
    """An unsaved SocialApp; ``settings`` need ``server_url``, the issuer as its tokens say it."""
    return SocialApp(
        provider=provider_class.id,
        provider_id=provider_id_of(provider_class, pk),
        name=name[:40],
        client_id=client_id,
        secret=secret,
        settings={"pk": str(pk), **settings},
    )


def provider_of(
    provider_class: type[VerifyingProvider], request: HttpRequest, pk: object
) -> VerifyingProvider | None:
    """The provider for the row of this id, or None where it is not offered."""
    app = find_service(provider_id_of(provider_class, pk))
    return None if app is None else provider_class(request, app=app)
