"""Registry of counts of a pending act that grow after it began, counted when its page is shown.

``act_kinds`` names them and their labels; the app that can count them
registers a function when it is loaded.
"""

from django.utils.module_loading import import_string

from apps.people.act_kinds import ACT_KINDS

_counters: dict[str, str] = {}


def register_live_counts(kind: str, counting: str) -> None:
    """``counting`` names a function (ids of rows, as text) -> {id: {later count of the kind: number}}."""
    _counters[kind] = counting


def live_counts_by_id(kind: str, thing_ids) -> dict[str, dict[str, int]]:
    """{id: the current later counts of an act about this row}; {} for a kind without."""
    ids = [str(pk) for pk in thing_ids]
    return import_string(_counters[kind])(ids) if ACT_KINDS[kind].later else {pk: {} for pk in ids}


def live_counts(kind: str, thing_id) -> dict[str, int]:
    """The current later counts of an act about this one row."""
    return live_counts_by_id(kind, [thing_id])[str(thing_id)]


def serialise_counts(counts: dict[str, int]) -> str:
    """The counts as a hidden form value, compared when the form is submitted."""
    return ",".join(f"{name}={number}" for name, number in sorted(counts.items()))


def live_counts_in_words(kind: str, thing_id) -> tuple[list[tuple[int, str]], str]:
    """([(number, label)], the same as a hidden form value); zeros included."""
    counts = live_counts(kind, thing_id)
    return [
        (counts[name], words) for name, words in ACT_KINDS[kind].later.items()
    ], serialise_counts(counts)
