"""Since when a code or class number belongs to its present student, where it had another."""

from dataclasses import dataclass
from datetime import date, timedelta

from apps.people.models import FormerIdentifier


@dataclass
class IdentifierHandover:
    """The first day of a name's present holder, and the ids of former holders."""

    since: date
    former: set


def identifier_handovers(school_ids, kind, holders, form=str):
    """{name: IdentifierHandover} of names that had another holder at these schools before.

    ``kind`` is an IdentifierKind; ``holders`` is called once with the set of names: {name: id of
    the student who has it}; ``form`` gives the form in which names are compared.
    """
    rows = FormerIdentifier.objects.filter(school__in=school_ids, kind=kind)
    left = [
        (form(name), student, max(until + timedelta(days=1), since or date.min))
        for name, student, until, since in rows.values_list(
            "name", "student_id", "held_until", "next_since"
        )
    ]
    holds, found = holders({name for name, *_ in left}) if left else {}, {}
    for name, student, since in left:
        if holds.get(name) not in (None, student):
            before = found.setdefault(name, IdentifierHandover(since, set()))
            before.since = max(before.since, since)
            before.former.add(student)
    return found
