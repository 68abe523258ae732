"""Numbers of an act that grow after it began: counted anew by an upper app when its page is shown.

The table (apps.people.act_rules) names them and says them in words; the app that can count them says
so once, when it is loaded.
"""

from django.utils.module_loading import import_string

from apps.people.act_rules import ACT_KINDS

_counters: dict[str, str] = {}


def register_live_counts(kind: str, counting: str) -> None:
    """``counting`` names a function (ids of rows, as text) -> {id: {later count of the kind: number}}."""
    _counters[kind] = counting


def live_counts_by_id(kind: str, thing_ids) -> dict[str, dict[str, int]]:
    """{id: the later counts of an act about this row, as of now}; {} of a kind that has none."""
    ids = [str(pk) for pk in thing_ids]
    return import_string(_counters[kind])(ids) if ACT_KINDS[kind].later else {pk: {} for pk in ids}


def live_counts(kind: str, thing_id) -> dict[str, int]:
    """The later counts of an act about this one row."""
    return live_counts_by_id(kind, [thing_id])[str(thing_id)]


def serialise_counts(counts: dict[str, int]) -> str:
    """The counts as a form carries them, to be compared with those of the moment of its sending."""
    return ",".join(f"{name}={number}" for name, number in sorted(counts.items()))


def live_counts_in_words(kind: str, thing_id) -> tuple[list[tuple[int, str]], str]:
    """([(number, what)], the same as a form carries them); a zero is said too."""
    counts = live_counts(kind, thing_id)
    return [
        (counts[name], words) for name, words in ACT_KINDS[kind].later.items()
    ], serialise_counts(counts)
