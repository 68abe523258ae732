"""Whether a sign-in service failed to answer within the last minutes, for the line on the first pages."""

import requests
from django.core.cache import cache

from apps.signin.oidc.metadata import AWAY, ServiceFailed, note_away

PLACE = AWAY
_AWAY = (ServiceFailed, requests.ConnectionError, requests.Timeout)


def note_failure(error: Exception) -> None:
    """Note for some minutes that a service did not answer; other refusals are no failure of it."""
    if isinstance(error, _AWAY):
        note_away()


def is_some_service_away() -> bool:
    """Whether that was noted lately."""
    return bool(cache.get(PLACE))
