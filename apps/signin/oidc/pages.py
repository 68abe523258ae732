"""What the pages that lead to a sign-in service have in common."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse

from apps.core.client_address import address_of
from apps.core.limits import RETRY_AFTER_HEADERS, allow
from apps.core.network_addresses import origin_of
from apps.signin.oidc.client import complete
from apps.signin.oidc.registry import provider_of


def provider_or_404(provider_class: type, request: HttpRequest, pk: UUID) -> Any:
    """The provider of the service with this id. Raises Http404 where it is not in use."""
    found = provider_of(provider_class, request, pk)
    if found is None:
        raise Http404
    return found


def lead_to_service(provider_class: type, request: HttpRequest, pk: UUID, **data) -> HttpResponse:
    """Redirect to the service with this id; ``data`` comes back. Raises Http404."""
    provider = provider_or_404(provider_class, request, pk)
    if not allow(provider.begin_limit, address_of(request)):
        return HttpResponse(status=429, headers=RETRY_AFTER_HEADERS)
    return provider.begin(request, **data)


def take_answer(provider_class: type, request: HttpRequest, pk: UUID) -> HttpResponse:
    """The way back from the service: works once for each begin in this browser's session."""
    provider = provider_or_404(provider_class, request, pk)
    if not allow(provider.return_limit, address_of(request)):
        return HttpResponse(status=429, headers=RETRY_AFTER_HEADERS)
    return complete(request, provider)


def with_forms_to(services: Iterable[Any], response: HttpResponse) -> HttpResponse:
    """The response, whose forms may lead to these services (each with an ``issuer``)."""
    origins = sorted({origin_of(each.issuer) for each in services})
    if origins:
        response._csp_update = {"form-action": origins}  # type: ignore[attr-defined]
    return response
