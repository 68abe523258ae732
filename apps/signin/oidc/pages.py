"""What the pages that lead to a sign-in service have in common."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse

from apps.core.network_addresses import origin_of
from apps.signin.oidc.registry import provider_of


def provider_or_404(provider_class: type, request: HttpRequest, pk: UUID) -> Any:
    """The provider of the service with this id. Raises Http404 where it is not in use."""
    found = provider_of(provider_class, request, pk)
    if found is None:
        raise Http404
    return found


def with_forms_to(services: Iterable[Any], response: HttpResponse) -> HttpResponse:
    """The response, whose forms may lead to these services (each with an ``issuer``)."""
    origins = sorted({origin_of(each.issuer) for each in services})
    if origins:
        response._csp_update = {"form-action": origins}  # type: ignore[attr-defined]
    return response
