"""Counts what simulated people did during a fault run and the responses."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Accepted:
    """One accepted act: its kind, its owner, and the key of its form."""

    kind: str
    who: object
    key: object
    content: object = None


@dataclass
class Tally:
    """Filled by many threads."""

    accepted: list = field(default_factory=list)
    refused: Counter = field(default_factory=Counter)  # with a reason, by kind
    unanswered: Counter = field(default_factory=Counter)  # given up without any answer, by kind
    errors: Counter = field(default_factory=Counter)  # 500, by URL
    later: Counter = field(default_factory=Counter)  # 503 or "later", by URL
    lines_cut: int = 0
    injected: Counter = field(default_factory=Counter)
    gaps: list = field(default_factory=list)  # (seconds into the run, length) without an answer
    readable_after_withdrawal: list = field(default_factory=list)
    own_failures: Counter = field(default_factory=Counter)
    began: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def accept(self, kind, who, key, content=None) -> None:
        """Note an act that was accepted."""
        with self._lock:
            self.accepted.append(Accepted(kind, who, key, content))

    def count(self, where: Counter, what: str) -> None:
        """One more of ``what``."""
        with self._lock:
            where[what] += 1

    def cut(self) -> None:
        """One more request whose connection was closed or never answered."""
        with self._lock:
            self.lines_cut += 1

    def of(self, kind: str) -> list[Accepted]:
        """What was accepted of one kind, in order."""
        return [each for each in self.accepted if each.kind == kind]
