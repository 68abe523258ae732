"""Since when a code or seat means whom it means now, where it meant somebody else before."""

from dataclasses import dataclass
from datetime import date, timedelta

from apps.people.models import FormerIdentifier


@dataclass
class IdentifierHandover:
    """The first day of whoever has a name now, and the ids of those who had it before."""

    since: date
    former: set


def identifier_handovers(school_ids, kind, holders, form=str):
    """{name: Handover} of the names that others of these schools had before who has them now.

    ``kind`` is a NameKind, ``holders`` is asked once, with the names (set), for {name: id of the
    student who has it}; ``form`` gives the form in which names are compared.
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
