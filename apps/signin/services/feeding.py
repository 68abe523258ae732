"""A roster that comes by itself, without a person: the same check, the same brake, the same door."""

import logging
from dataclasses import dataclass, field
from enum import Enum, auto

from django.db import DataError, IntegrityError, transaction

from apps.signin.models import ImportState, RosterImport
from apps.signin.roster import Finding, pack
from apps.signin.services import zips
from apps.signin.services.conditions import refusals
from apps.signin.services.importing import NOTHING_SAID, UNSTORABLE, note, one_at_a_time, put_in
from apps.signin.services.planning import Plan
from apps.signin.services.reading import stage

ALONE = "system"
log = logging.getLogger(__name__)


class Fed(Enum):
    """What came of a roster that arrived by itself."""

    UNCHANGED = auto()
    IMPORTED = auto()
    HELD = auto()  # a person must say something first
    LOOKED = auto()  # only looked at: a person may decide
    REFUSED = auto()


@dataclass(frozen=True)
class Outcome:
    """``counts`` as a Plan tells them; ``problems`` are Findings; ``words`` is a sentence."""

    fed: Fed
    counts: dict = field(default_factory=dict)
    problems: tuple = ()
    words: str = ""


def take_feed(tables, name, *, municipality, school=None, only_look=False):
    """Check a whole roster and import it: the Outcome. Nothing is written where nothing changes.

    ``tables`` are {file: [{column: text}]}; ``name`` is what the import is called on screen. A
    roster of another municipality, or of more than ``school``, is refused. One that would take
    many students away, speaks of another school year or may take one person for another waits as
    a RosterImport for a person; with ``only_look`` any that would change something does, with the
    difference in words.
    """
    try:
        with transaction.atomic():
            return _take(tables, name, municipality, school, only_look)
    except (DataError, IntegrityError) as error:
        log.warning("a fed roster was refused by the database: %s", type(error).__name__)
        return Outcome(Fed.REFUSED, problems=(Finding("", 0, "", UNSTORABLE),))


def _take(tables, name, municipality, school, only_look):
    file = zips.as_file(pack(tables))
    reading, roster = stage(file)
    problems = reading.problems or _foreign(roster, municipality, school)
    if problems:
        return Outcome(Fed.REFUSED, problems=tuple(problems))
    drafts = _drafts(name, municipality)
    one_at_a_time(roster.municipality_code)
    plan = Plan(roster)
    if plan.is_empty and not plan.questions:
        return Outcome(Fed.UNCHANGED, plan.counts())
    missing = refusals(plan, NOTHING_SAID)
    waits = only_look or bool(missing)
    checked = _checked(drafts, file, name, reading, plan, waits)
    if only_look:
        return Outcome(Fed.LOOKED, plan.counts())
    if missing:
        return Outcome(Fed.HELD, plan.counts(), words=" ".join(missing.values()))
    put_in(checked, plan, by=None, alone=ALONE)
    return Outcome(Fed.IMPORTED, plan.counts())


def _drafts(name, municipality):
    """The drafts of this feed that wait for a person, held so that nobody decides meanwhile.

    Held before the municipality is, as a person's import does it: neither waits for the other.
    """
    found = RosterImport.objects.filter(
        file_name=name[:200],
        municipality=municipality,
        uploaded_by=None,
        state=ImportState.CHECKED,
    )
    held = list(found.select_for_update().values_list("pk", flat=True))
    return RosterImport.objects.filter(pk__in=held)


def _checked(drafts, file, name, reading, plan, waits):
    """The draft of this content: the one that already waits for a person, or a new one.

    Other drafts of the same feed are outdated by it. Its zip is kept where it ``waits``.
    """
    digest = zips.digest_of(file)
    zips.forget(drafts.exclude(sha256=digest))
    waiting = drafts.filter(sha256=digest).first()
    if waiting is None:
        waiting = note(file, name, reading, plan, by=None, alone=ALONE)
        if waits:
            zips.keep(waiting, file)
    return waiting


def _foreign(roster, municipality, school):
    """Why this roster is not that of the feed's place: a list of Findings, empty if it is."""
    if roster.municipality_code != municipality.code:
        return [Finding("orgs.csv", 0, "identifier", "ほかの 自治体の 名簿です。")]
    if school is not None and roster.school_codes != {school.code}:
        return [Finding("orgs.csv", 0, "identifier", "ほかの 学校が 入って います。")]
    return []
