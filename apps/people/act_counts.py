"""Numbers of an act that grow after it began: counted anew by an upper app when its page is shown.

The table (apps.people.acts) names them and says them in words; the app that can count them says
so once, when it is loaded.
"""

from django.utils.module_loading import import_string

from apps.people.acts import ACTS

_counting: dict[str, str] = {}


def count_later(kind: str, counting: str) -> None:
    """``counting`` names a function (ids of rows, as text) -> {id: {later count of the kind: number}}."""
    _counting[kind] = counting


def counts_of(kind: str, thing_ids) -> dict[str, dict[str, int]]:
    """{id: the later counts of an act about this row, as of now}; {} of a kind that has none."""
    ids = [str(pk) for pk in thing_ids]
    return import_string(_counting[kind])(ids) if ACTS[kind].later else {pk: {} for pk in ids}


def counts_now(kind: str, thing_id) -> dict[str, int]:
    """The later counts of an act about this one row."""
    return counts_of(kind, [thing_id])[str(thing_id)]


def as_seen(counts: dict[str, int]) -> str:
    """The counts as a form carries them, to be compared with those of the moment of its sending."""
    return ",".join(f"{name}={number}" for name, number in sorted(counts.items()))


def words_now(kind: str, thing_id) -> tuple[list[tuple[int, str]], str]:
    """([(number, what)], the same as a form carries them); a zero is said too."""
    counts = counts_now(kind, thing_id)
    return [(counts[name], words) for name, words in ACTS[kind].later.items()], as_seen(counts)
