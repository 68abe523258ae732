"""Imports a roster that arrives automatically, with the same checks as an upload."""

import logging
from dataclasses import dataclass, field
from enum import Enum, auto

from django.db import DataError, IntegrityError, transaction

from apps.roster.models import ImportState, RosterImport
from apps.roster.oneroster.report import RosterFinding
from apps.roster.oneroster.zip_writer import write_zip
from apps.roster.services import account_names, stored_zips
from apps.roster.services.import_conditions import import_refusals
from apps.roster.services.import_plan import ImportPlan
from apps.roster.services.imports import (
    NO_APPROVAL,
    UNSTORABLE,
    apply_plan,
    lock_municipality,
    record_check,
)
from apps.roster.services.staging import stage_zip

SYSTEM_ROLE = "system"
log = logging.getLogger(__name__)


class FeedResult(Enum):
    """The result of a roster that arrived automatically."""

    UNCHANGED = auto()
    IMPORTED = auto()
    HELD = auto()  # a person must decide first
    CHECKED = auto()  # only checked: a person may decide
    REFUSED = auto()


@dataclass(frozen=True)
class FeedOutcome:
    """``counts`` as in ImportPlan; ``problems`` are RosterFindings; ``words`` is a sentence."""

    result: FeedResult
    counts: dict = field(default_factory=dict)
    problems: tuple = ()
    words: str = ""


def import_feed(tables, name, *, municipality, school=None, check_only=False):
    """Check a whole roster and import it; returns the FeedOutcome. Writes nothing where nothing
    changes.

    ``tables`` are {file: [{column: text}]}; ``name`` is the import's name on screen. A roster of
    another municipality, or of more than ``school``, is refused. One that would remove many
    students, is of another school year or leaves an identity uncertain waits as a RosterImport for
    a person; with ``check_only`` so does any that would change something, with the changes in
    words.
    """
    try:
        with transaction.atomic():
            return _import(tables, name, municipality, school, check_only)
    except (DataError, IntegrityError) as error:
        log.warning("a fed roster was refused by the database: %s", type(error).__name__)
        return FeedOutcome(FeedResult.REFUSED, problems=(RosterFinding("", 0, "", UNSTORABLE),))


def _import(tables, name, municipality, school, check_only):
    file = stored_zips.as_binary_file(write_zip(tables))
    reading, roster = stage_zip(file)
    problems = reading.problems or _foreign(roster, municipality, school)
    if problems:
        return FeedOutcome(FeedResult.REFUSED, problems=tuple(problems))
    drafts = _drafts(name, municipality)
    lock_municipality(roster.municipality_code)
    plan = ImportPlan(roster)
    if plan.is_empty and not plan.questions:
        account_names.write_staged(municipality.pk)
        return FeedOutcome(FeedResult.UNCHANGED, plan.counts())
    missing = import_refusals(plan, NO_APPROVAL)
    waits = check_only or bool(missing)
    checked = _checked(drafts, file, name, reading, plan, waits)
    if check_only:
        return FeedOutcome(FeedResult.CHECKED, plan.counts())
    if missing:
        return FeedOutcome(FeedResult.HELD, plan.counts(), words=" ".join(missing.values()))
    apply_plan(checked, plan, by=None, alone=SYSTEM_ROLE)
    return FeedOutcome(FeedResult.IMPORTED, plan.counts())


def _drafts(name, municipality):
    """The waiting drafts of this feed, locked so that nobody decides about them meanwhile.

    Locked before the municipality, as in a person's import, so that there is no deadlock.
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

    It replaces other drafts of the same feed. Its zip is stored where it ``waits``.
    """
    digest = stored_zips.sha256_of(file)
    stored_zips.drop_checked(drafts.exclude(sha256=digest))
    waiting = drafts.filter(sha256=digest).first()
    if waiting is None:
        waiting = record_check(file, name, reading, plan, by=None, alone=SYSTEM_ROLE)
        if waits:
            stored_zips.store_zip(waiting, file)
    return waiting


def _foreign(roster, municipality, school):
    """Why this roster does not belong to the feed's school or city: RosterFindings, empty if it
    does.
    """
    if roster.municipality_code != municipality.code:
        return [RosterFinding("orgs.csv", 0, "identifier", "ほかの 自治体の 名簿です。")]
    if school is not None and roster.school_codes != {school.code}:
        return [RosterFinding("orgs.csv", 0, "identifier", "ほかの 学校が 入って います。")]
    return []
