"""A roster that comes by itself, without a person: the same check, the same brake, the same door."""

import hashlib
from dataclasses import dataclass, field
from enum import Enum, auto

from django.db import transaction

from apps.signin.models import ImportState, RosterImport
from apps.signin.roster import Finding, pack, read
from apps.signin.services.importing import CannotImport, check_roster, import_roster
from apps.signin.services.planning import Plan

ALONE = "system"


class Fed(Enum):
    """What came of a roster that arrived by itself."""

    UNCHANGED = auto()
    IMPORTED = auto()
    HELD = auto()  # too many would vanish: a person decides
    REFUSED = auto()


@dataclass(frozen=True)
class Outcome:
    """``counts`` as a Plan tells them; ``problems`` are Findings; ``words`` is a sentence."""

    fed: Fed
    counts: dict = field(default_factory=dict)
    problems: tuple = ()
    words: str = ""


@transaction.atomic
def take_feed(tables, name, *, municipality, school=None):
    """Check a whole roster and import it: the Outcome. Nothing is written where nothing changes.

    ``tables`` are {file: [{column: text}]}; ``name`` is what the import is called on screen. A
    roster of another municipality, or of more than ``school``, is refused. One that would take
    many students away waits as a RosterImport for a person.
    """
    content = pack(tables)
    reading = read(content)
    problems = reading.problems or _foreign(reading.roster, municipality, school)
    if problems:
        return Outcome(Fed.REFUSED, problems=tuple(problems))
    plan = Plan(reading.roster)
    if plan.is_empty:
        return Outcome(Fed.UNCHANGED, plan.counts())
    checked = _checked(content, name, municipality)
    try:
        import_roster(checked, by=None, alone=ALONE)
    except CannotImport as error:
        return Outcome(Fed.HELD, plan.counts(), words=str(error))
    return Outcome(Fed.IMPORTED, plan.counts())


def _checked(content, name, municipality):
    """The draft of this content: the one that already waits for a person, or a new one.

    Other drafts of the same feed are outdated by it.
    """
    drafts = RosterImport.objects.filter(
        file_name=name[:200], municipality=municipality, uploaded_by=None, state=ImportState.CHECKED
    )
    digest = hashlib.sha256(content).hexdigest()
    drafts.exclude(sha256=digest).update(state=ImportState.FORGOTTEN, content=None)
    return drafts.filter(sha256=digest).first() or check_roster(content, name, by=None, alone=ALONE)


def _foreign(roster, municipality, school):
    """Why this roster is not that of the feed's place: a list of Findings, empty if it is."""
    if roster.municipality_code != municipality.code:
        return [Finding("orgs.csv", 0, "identifier", "ほかの 自治体の 名簿です。")]
    if school is not None and {row.code for row in roster.schools} != {school.code}:
        return [Finding("orgs.csv", 0, "identifier", "ほかの 学校が 入って います。")]
    return []
