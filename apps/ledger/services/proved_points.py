"""How far the ledger was proved as a whole, so that what is older is proved once a night.

The points are kept in the cache, signed: nobody without the signing key can make one, and where they
are lost everything is proved again. Verification begins at a point that is at least OVERLAP old, so
that whatever is newer is proved at each run.
"""

import logging
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from django.core.cache import cache
from django.utils.timezone import localtime
from redis.exceptions import RedisError

from apps.core import clock
from apps.ledger.services.chains import signing_ring
from apps.ledger.signatures import InvalidSignature, sign_json, verify_json

CACHE_KEY = "ledger.proved"
KEPT_S = 3 * 24 * 3600
OVERLAP = timedelta(hours=20)
WHOLE_HOUR = 2  # o'clock, when few people are there
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ProvedPoint:
    """Where everything stood when it was proved, ``at`` (seconds of the epoch).

    ``ends`` is {chain: (number, link in hex) of its last entry}; ``number`` and ``digest`` are of the
    last checkpoint's statement (0 and "" before the first), ``heads`` what the statements signed.
    """

    at: int
    ends: dict
    number: int
    digest: str
    heads: dict

    @property
    def moment(self) -> datetime:
        """``at`` as a datetime."""
        return datetime.fromtimestamp(self.at, tz=UTC)


def point_to_begin_with() -> ProvedPoint | None:
    """The point from which on the ledger is proved now; None: everything is."""
    points, now = _points(), clock.now()
    if not points or _is_whole_due(points[-1].moment, now):
        return None
    old = [point for point in points if point.moment <= now - OVERLAP]
    return old[-1] if old else None


def keep_point(point: ProvedPoint) -> None:
    """Keep where everything stood when all of it was proved, beside an older point."""
    before = [old for old in _points() if old.moment < point.moment]
    old = [one for one in before if one.moment <= point.moment - OVERLAP] or before[:1]
    payload = {"proved": [asdict(one) for one in (*old[-1:], point)]}
    try:
        cache.set(CACHE_KEY, sign_json(signing_ring(), payload), KEPT_S)
    except RedisError as error:
        log.warning("how far the ledger was proved is not kept: %s", type(error).__name__)


def _points() -> list[ProvedPoint]:
    """The ProvedPoints that are kept, oldest first."""
    try:
        token = cache.get(CACHE_KEY)
        found = verify_json(signing_ring(), token)["proved"] if token else []
    except (RedisError, InvalidSignature, KeyError) as error:
        log.warning("how far the ledger was proved is unknown: %s", type(error).__name__)
        return []
    return [ProvedPoint(**each) for each in found]


def _is_whole_due(last: datetime, now: datetime) -> bool:
    """Whether everything has not been proved yet this night."""
    return localtime(last).date() != localtime(now).date() and localtime(now).hour >= WHOLE_HOUR
