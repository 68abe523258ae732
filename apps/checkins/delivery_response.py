"""The answer to a delivery from a tablet, for check-ins and help requests alike."""

from collections.abc import Callable

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse

from apps.checkins.services import delivery_format
from apps.core.client_address import address_of
from apps.core.limits import RETRY_AFTER_HEADERS, allow


def delivery_response(request: HttpRequest, deliver_items: Callable) -> HttpResponse:
    """Delivers the entries of the body; the result of each by its key and digest.

    429 where the address delivers too often, 400 for a body that cannot be read.
    """
    if not allow("delivery", address_of(request)):
        return JsonResponse(
            {"error": "too many deliveries"}, status=429, headers=RETRY_AFTER_HEADERS
        )
    try:
        entries = delivery_format.read_delivery(request.body)
    except delivery_format.UnreadableDelivery as error:
        return JsonResponse({"error": str(error)}, status=400)
    results = delivery_format.deliver_entries(entries, deliver_items)
    return HttpResponse(orjson.dumps(results), content_type="application/json")
