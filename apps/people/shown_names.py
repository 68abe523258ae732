"""Collects which students and guardians a staff page names.

No page can forget it: ``full_name`` notes the person while a staff page is
rendered (``collect_shown_names``), and nothing at other times.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass
class ShownNames:
    """People named on one page, {(kind, id): municipality id}, and how many known by name only."""

    people: dict = field(default_factory=dict)
    n_others: int = 0

    def __len__(self):
        return len(self.people) + self.n_others


_collected = ContextVar("shown_names", default=None)


@contextmanager
def collect_shown_names():
    """Collect everybody named inside the block, as ShownNames."""
    shown = ShownNames()
    token = _collected.set(shown)
    try:
        yield shown
    finally:
        _collected.reset(token)


def note_shown_person(person):
    """Note that a page shows this student's or guardian's name."""
    shown = _collected.get()
    if shown is not None:
        of = vars(person).get("municipality_id")  # deferred fields are not read again
        shown.people[type(person).__name__, person.pk] = of


def note_other_names(count):
    """Note that a page shows ``count`` names from a file, not from our rows."""
    shown = _collected.get()
    if shown is not None:
        shown.n_others += count
