"""What a kind of staff act is, and the limits that apply. Pure: no Django."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

GRACE_PERIOD = timedelta(days=1)  # between confirmation and what cannot be undone
# How many people one person may reach alone, at one school in one day:
MAX_SOLO_RENEWALS_A_DAY = 3  # students or guardians whose codes are renewed
MAX_SOLO_KEEP_OUTS_A_DAY = 3  # guardians kept out
MOST_STOPPED_A_DAY = 3  # students whose use is stopped by telephone
MAX_SOLO_STAFF_ENDINGS_A_DAY = 3  # staff posts and accounts ended
LAPSES_AFTER = timedelta(days=7)  # unconfirmed; sealed answers on tablets wait twice as long


class ActTiming(StrEnum):
    """When an act takes effect."""

    A_DAY_AFTER = "a_day_after"  # a day after the second person agreed
    ON_CONFIRMATION = "on_confirmation"  # as soon as the second person agrees
    AT_ONCE = "at_once"  # reversible: at once, by one person; the second confirms it afterwards


@dataclass(frozen=True)
class ActKind:
    """One kind of act.

    ``counts`` are the numbers its preview shows, {name: label}; ``wakes`` is the task of the app
    that carries it out; ``reaches`` names the counts whose sum says how many people it reaches;
    ``model`` is "app.Model" of the row that changes, for the names of its fields.
    """

    name: str
    proposer_roles: frozenset
    confirmer_roles: frozenset
    when: ActTiming
    counts: dict
    reaches: frozenset
    task_name: str
    model: str
    solo_up_to: int = 1
    solo_limit_a_day: int | None = None  # people whom one person may reach alone in a day
    kept_from: str = ""  # whoever holds this verb for the student may not confirm
    waits_for: str = ""  # what the row must have before anybody can confirm
    later: dict = field(default_factory=dict)  # numbers that grow after it began (act_counts)
    decider_fields: dict = field(default_factory=dict)  # parts of the payload shown to who decides
    undone_by: str = ""  # the kind that undoes it, by two people first: stopping it does not
