"""Telling how far a long copy is, every few seconds."""

import time
from collections.abc import Callable

from kaga_portal.backup.encryption import Readable

PROGRESS_S = 2.0


class Progress:
    """Counts bytes and tells at most every two seconds."""

    def __init__(self, what: str, total: int, tell: Callable[[str], None]):
        self._what, self._total, self._tell = what, total, tell
        self._told_at = time.monotonic()
        self.n_bytes = 0

    def add(self, n: int) -> None:
        """So many bytes more."""
        self.n_bytes += n
        now = time.monotonic()
        if now - self._told_at >= PROGRESS_S:
            self._told_at = now
            percent = min(100, 100 * self.n_bytes // max(self._total, 1))
            self._tell(f"{self._what}: {self.n_bytes / 1e6:,.0f} MB, about {percent} %")


class CountedStream:
    """A stream whose bytes are counted as they are read."""

    def __init__(self, source: Readable, progress: Progress):
        self._source, self._progress = source, progress

    def read(self, n: int = -1, /) -> bytes:
        """As the stream's own."""
        data = self._source.read(n)
        self._progress.add(len(data))
        return data
