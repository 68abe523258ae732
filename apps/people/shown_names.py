"""Which students and guardians a staff page names, noted where a name is made.

A page cannot forget to say whom it showed: ``full_name`` notes the person while a staff page is
being made (``collecting``), and nothing at any other time.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass
class ShownNames:
    """People named on one page: {(kind, id): municipality id}, and how many known by name only."""

    people: dict = field(default_factory=dict)
    n_others: int = 0

    def __len__(self):
        return len(self.people) + self.n_others


_collected = ContextVar("shown_names", default=None)


@contextmanager
def collect_shown_names():
    """Everybody who is named inside this block, as ShownNames."""
    shown = ShownNames()
    token = _collected.set(shown)
    try:
        yield shown
    finally:
        _collected.reset(token)


def note_shown_person(person):
    """A page is about to show this student's or guardian's name."""
    shown = _collected.get()
    if shown is not None:
        of = vars(person).get("municipality_id")  # a row read without it is not asked again
        shown.people[type(person).__name__, person.pk] = of


def note_other_names(count):
    """A page is about to show ``count`` names that come from a file, not from a row of ours."""
    shown = _collected.get()
    if shown is not None:
        shown.n_others += count
