"""Which staff actions need a second person, and when they take effect. Pure: no Django, no clock.

Such an act ends or begins something for others. Its preview says whom it affects and asks for a
reason. One that reaches more people than ``alone_up_to`` waits for a second person: another human
of another role, not chosen by the first. What destroys data waits one more day, in which either can
stop it.
"""

from dataclasses import dataclass, field
from uuid import UUID

from apps.people.act_kinds import ACT_KINDS
from apps.people.act_types import GRACE_PERIOD, ActTiming


@dataclass(frozen=True)
class ActEffects:
    """What an act would end: its kind ("" where nothing), the numbers, the names, and where."""

    kind: str
    preview: dict
    names: list = field(default_factory=list)  # (what, [names]) in words
    municipality_id: UUID | None = None  # where the row itself does not say it
    school_id: UUID | None = None


def people_reached(kind, preview):
    """How many people an act reaches, from its preview ({name of a count: number})."""
    return sum(preview.get(name, 0) for name in ACT_KINDS[kind].reaches)


def needs_second_person(kind: str, preview: dict, alone_today: int = 0) -> bool:
    """Whether a second person has to agree: afterwards for what works at once, else before.

    ``alone_today`` is how many people the first one has reached alone today: several
    acts on one person each are the act on several.
    """
    act, reach = ACT_KINDS[kind], people_reached(kind, preview)
    if act.when == ActTiming.AT_ONCE or reach > act.solo_up_to:
        return True
    return act.solo_limit_a_day is not None and alone_today + reach > act.solo_limit_a_day


def exceeds_solo_limit(kind: str, alone_today: int) -> bool:
    """Whether one person has reached more people alone today than allowed."""
    act = ACT_KINDS[kind]
    is_bound = act.when == ActTiming.AT_ONCE and act.solo_limit_a_day is not None
    return is_bound and alone_today >= act.solo_limit_a_day


def act_due_at(kind, agreed_at):
    """When an act that was confirmed at ``agreed_at`` is carried out."""
    return agreed_at + GRACE_PERIOD if ACT_KINDS[kind].when == ActTiming.A_DAY_AFTER else agreed_at
