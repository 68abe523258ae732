"""One kind of stored data, as page and file show it, and how its rows are read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from apps.consent import words
from apps.core.batches import in_batches
from apps.core.clock import JST
from apps.core.languages import join_sentences
from apps.disclosure.words import PART_NAMES
from apps.vault.damage import DAMAGED, UNAVAILABLE, is_unreadable
from apps.vault.words import UNAVAILABLE_NOW, UNREADABLE_COUNT

ROWS_ON_PAGE = 5  # shown on the page; the file holds all
OPENED_AT_ONCE = 500


@dataclass(frozen=True)
class DataPart:
    """One kind of stored data: its name for this party, the count, and the rows as plain data."""

    code: str
    name: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    note: str = ""
    is_more: bool = False  # than the count says

    @property
    def latest(self) -> list[dict[str, Any]]:
        return self.rows[:ROWS_ON_PAGE]


def part_name(code: str) -> str:
    """What a part is called."""
    return str(PART_NAMES[code])


def batches_of(rows: QuerySet, limit: int | None) -> Iterator[Sequence[Any]]:
    """The rows of a queryset, in lists of at most OPENED_AT_ONCE; only ``limit`` if it is set."""
    found = rows if limit is None else rows[:limit]
    return in_batches(found.iterator(chunk_size=OPENED_AT_ONCE), OPENED_AT_ONCE)


def row_count(rows: QuerySet, n_found: int, limit: int | None) -> int:
    """How many rows there are, of which ``n_found`` were read."""
    return n_found if limit is None else rows.count()


def content_or_damage(content: Any) -> dict[str, Any]:
    """Opened content, or what the file says in its place."""
    return why_closed(content) or content or {}


def why_closed(content: Any) -> dict[str, str]:
    """What the file says in place of content that cannot be opened; {} where it can."""
    if not is_unreadable(content):
        return {}
    return {"unreadable": "damaged" if content is DAMAGED else "later"}


def damage_note(contents: Sequence[Any], party: str) -> str:
    """How many of these opened contents cannot be read; "" for none."""
    n_damaged = sum(content is DAMAGED for content in contents)
    note = words.for_party(UNREADABLE_COUNT, party).format(n_damaged) if n_damaged else ""
    later = words.for_party(UNAVAILABLE_NOW, party) if UNAVAILABLE in contents else ""
    return join_sentences(note, later)


def iso_time(at: datetime | None) -> str | None:
    """A time as the file writes it; None for none."""
    return at.astimezone(JST).isoformat(timespec="seconds") if at else None
