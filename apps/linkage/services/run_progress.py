"""Progress of a run, kept in the cache because its row is locked while it goes on."""

import time

from django.core.cache import cache

from apps.linkage.connectors.contract import SourcePosition

CACHE_SECONDS = 3600
REPORT_EVERY_S = 0.5


class RunProgress:
    """Progress of one run, for its page and for whoever finds it interrupted."""

    def __init__(self, run):
        self._key, self._reported_at = _key(run), 0.0

    def tell(self, share: float | None, place: SourcePosition):
        """Report how much was read (0 to 1, None where unknown) and where; at most twice a second."""
        now = time.monotonic()
        if now - self._reported_at > REPORT_EVERY_S:
            percent = None if share is None else int(share * 100)
            cache.set(self._key, {"percent": percent, "place": tuple(place)}, CACHE_SECONDS)
            self._reported_at = now


def percent_done(run) -> int | None:
    """How much of a run is done, in whole percent, or None where unknown."""
    return (cache.get(_key(run)) or {}).get("percent")


def last_position(run) -> SourcePosition:
    """The last position that a run reported; an empty one where it reported none."""
    return SourcePosition(*(cache.get(_key(run)) or {}).get("place", ()))


def _key(run):
    return f"linkage.progress.{run.pk}"
