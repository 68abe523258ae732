"""How far a run is, told through the cache: its row is locked while it goes on."""

import time

from django.core.cache import cache

from apps.linkage.connectors.contract import SourcePosition

CACHE_SECONDS = 3600
REPORT_EVERY_S = 0.5


class RunProgress:
    """What one run tells whoever watches it, and whoever finds it cut off."""

    def __init__(self, run):
        self._key, self._told_at = _key(run), 0.0

    def tell(self, share: float | None, place: SourcePosition):
        """Say how much was read (0 to 1, None where nobody can know) and where; rarely."""
        now = time.monotonic()
        if now - self._told_at > REPORT_EVERY_S:
            percent = None if share is None else int(share * 100)
            cache.set(self._key, {"percent": percent, "place": tuple(place)}, CACHE_SECONDS)
            self._told_at = now


def percent_done(run) -> int | None:
    """How much of a run is done: a whole number of percent, or None where nobody can know."""
    return (cache.get(_key(run)) or {}).get("percent")


def last_position(run) -> SourcePosition:
    """The last place that a run told it was at; an empty one where it told none."""
    return SourcePosition(*(cache.get(_key(run)) or {}).get("place", ()))


def _key(run):
    return f"linkage.progress.{run.pk}"
