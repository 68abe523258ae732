"""A roster comes in: looked at first, then all of it or none of it."""

import logging
from contextlib import contextmanager, suppress
from dataclasses import asdict
from types import SimpleNamespace

from django.db import DataError, IntegrityError, connection, transaction

from apps.audit.models import Action, SecurityKind
from apps.audit.services import record
from apps.core import clock
from apps.people import security
from apps.people.permissions import may, posts_with, role_of
from apps.signin.models import ImportState, RosterImport
from apps.signin.roster import Reading
from apps.signin.roster.identities import MOST_ASKED
from apps.signin.services import zips
from apps.signin.services.conditions import Word, refusals
from apps.signin.services.planning import Plan
from apps.signin.services.reading import stage

COMMAND = "command line"
log = logging.getLogger(__name__)


class CannotImport(Exception):
    """The roster is not taken in; the message is a sentence for the person."""


NOTHING_SAID = Word()
DROPPED = "この名簿は、もう「取り込まない」で終わっています。取り込むには、もう一度選んでください。"
UNSTORABLE = (
    "名簿の中の値がデータベースの決まりに合わないため、取り込めませんでした。何も変わっていません。"
    "書き出し直しても同じときは、運用の担当に伝えてください。"
)


def check_roster(content, file_name, *, by, alone=COMMAND):
    """Look at a zip (bytes or a binary file) without changing anybody: the RosterImport.

    ``by`` is a member of staff, or None where ``alone`` acts. The zip is kept (until it is
    imported or forgotten) only if it could be imported.
    """
    return check_and_compare(content, file_name, by=by, alone=alone, look=False)[0]


def check_and_compare(content, file_name, *, by, alone=COMMAND, look=True):
    """The same, read once only: (RosterImport, its Plan with names, or None where it is refused)."""
    file = zips.as_file(content)
    with _refused_by_database(file, file_name, by, alone) as kept, transaction.atomic():
        kept.roster_import, plan = _look(file, file_name, by, alone, NOTHING_SAID)
        if plan:
            zips.keep(kept.roster_import, file)
            kept.plan = plan.look() if look else plan
    return kept.roster_import, kept.plan


def take_roster(content, file_name, *, by, word=NOTHING_SAID, alone=COMMAND):
    """Check a zip and take it in at once, read once only: the RosterImport.

    It is imported, or refused, or still waits (CHECKED, without its zip) because something must
    be said first that ``word`` does not say (``report["waits_for"]``).
    """
    file = zips.as_file(content)
    with _refused_by_database(file, file_name, by, alone) as kept, transaction.atomic():
        kept.roster_import, plan = _look(file, file_name, by, alone, word, is_import=True)
        if plan and not refusals(plan, word):
            put_in(kept.roster_import, plan, by=by, alone=alone)
    return kept.roster_import


def preview(roster_import, said=None):
    """The Plan of a checked import against the people of now (names are not kept in reports).

    ``said`` are answers to its questions, as far as they were given. None where it cannot be read
    (any more).
    """
    with suppress(DataError, IntegrityError), transaction.atomic():
        content = roster_import.content
        _, roster = stage(content) if content else (None, None)
        return Plan(roster, said).look() if roster else None


def import_roster(roster_import, *, by, word=NOTHING_SAID, alone=COMMAND):
    """Take a checked roster in: all of it, in one transaction, or nothing.

    Raises CannotImport when it is no longer waiting, or when something must be said first that
    ``word`` does not say. Importing twice is importing once.
    """
    try:
        with transaction.atomic():
            return _import(roster_import, by, word, alone)
    except (DataError, IntegrityError) as error:
        log.warning("roster %s: %s", roster_import.pk, type(error).__name__)
        raise CannotImport(UNSTORABLE) from error


def _import(roster_import, by, word, alone):
    found = RosterImport.objects.select_for_update().get(pk=roster_import.pk)
    if found.state == ImportState.IMPORTED:
        return found
    if found.state == ImportState.FORGOTTEN:
        raise CannotImport(DROPPED)
    content = found.content if found.state == ImportState.CHECKED else None
    _, roster = stage(content) if content else (None, None)
    if roster is None:
        raise CannotImport("この 名簿は 確認まちでは ありません。もう一度 選んで ください。")
    refusal = _not_theirs(roster, by)
    if refusal:
        raise CannotImport(refusal)
    one_at_a_time(roster.municipality_code)
    plan = Plan(roster, word.answers)
    missing = refusals(plan, word)
    if missing:
        raise CannotImport(" ".join(missing.values()))
    return put_in(found, plan, by=by, alone=alone)


def forget(roster_import, *, by):
    """Drop a checked roster without importing it; whether it still waited."""
    return bool(zips.forget(RosterImport.objects.filter(pk=roster_import.pk)))


def forget_drafts(older_than):
    """Drop checked rosters from before ``older_than``; returns how many."""
    return zips.forget(RosterImport.objects.filter(created_at__lt=older_than))


@contextmanager
def _refused_by_database(file, file_name, by, alone):
    """What the database refuses is a refused import: ``roster_import`` of what this gives."""
    kept = SimpleNamespace(roster_import=None, plan=None)
    try:
        yield kept
    except (DataError, IntegrityError) as error:
        log.warning("a roster was refused by the database: %s", type(error).__name__)
        reading = Reading()
        reading.problem("", 0, "", UNSTORABLE)
        kept.roster_import = note(file, file_name, reading, None, by=by, alone=alone)
        kept.plan = None


# -- one step each, for the doors above and for feeds ---------------------------------------------


def note(file, file_name, reading, plan, *, by, alone, word=NOTHING_SAID):
    """Write down a check and what it found: the RosterImport."""
    made = RosterImport.objects.create(
        municipality=plan and plan.municipality,
        uploaded_by=by,
        file_name=file_name[:200],
        sha256=zips.digest_of(file),
        state=ImportState.CHECKED if plan else ImportState.REFUSED,
        report=_report(reading, plan, word),
    )
    _record(Action.ROSTER_CHECKED, made, by, alone)
    if plan is None and by is not None:
        security.note(SecurityKind.UPLOAD_REFUSED, user=by, detail="roster")
    return made


def put_in(checked, plan, *, by, alone):
    """Write a Plan, and that it is written; the RosterImport."""
    checked.municipality = plan.apply()
    checked.state, checked.imported_at = ImportState.IMPORTED, clock.now()
    said = {
        "counts": plan.counts(),
        "cases": plan.cases(),
        "code_moves": asdict(plan.code_moves),
        "waits_for": [],
    }
    checked.report = {**checked.report, **said}
    checked.save()
    zips.drop([checked.pk])
    _record_answers(plan, checked, by, alone)
    _record(Action.ROSTER_IMPORTED, checked, by, alone, _moved(plan))
    return checked


def one_at_a_time(municipality_code):
    """Wait until no other import of this municipality is under way (until the commit)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [f"roster-{municipality_code}"]
        )


def _look(file, file_name, by, alone, word, is_import=False):
    """Read and compare: (RosterImport, Plan or None where it is refused)."""
    reading, roster = stage(file)
    refusal = roster and _not_theirs(roster, by)
    if refusal:
        reading.problem("orgs.csv", 0, "", refusal)
    if not reading.is_good:
        return note(file, file_name, reading, None, by=by, alone=alone), None
    if is_import:
        one_at_a_time(roster.municipality_code)
    plan = Plan(roster, word.answers)
    return note(file, file_name, reading, plan, by=by, alone=alone, word=word), plan


def _not_theirs(roster, by):
    """The sentence that refuses a roster of another place, or None."""
    if by is None:
        return None
    if not may(by, "roster.import"):
        return "名簿を 取り込む 立場では ありません。"
    for post in posts_with(by, "roster.import"):
        if post.municipality.code != roster.municipality_code:
            continue
        if post.school_id is None or roster.school_codes == {post.school.code}:
            return None
    return "担当の 自治体・学校の 名簿では ありません。"


def _report(reading, plan, word):
    """What is kept of a check: places and counts, no name of anybody."""
    asked = [
        {
            "key": question.answered_as,
            "file": question.file,
            "line": question.line,
            "case": question.case.value,
        }
        for question in (plan.unanswered[:MOST_ASKED] if plan else ())
    ]
    return {
        "school_year": plan and plan.roster.school_year,
        "switched_off": plan.n_switched_off if plan else 0,
        "questions": asked,
        "cases": plan.cases() if plan else {},
        "code_moves": asdict(plan.code_moves) if plan else {},
        "waits_for": list(refusals(plan, word)) if plan else [],
        "notes": [asdict(note) for note in reading.notes],
        "problems": [asdict(problem) for problem in reading.problems],
        "n_notes": reading.n_notes,
        "n_problems": reading.n_problems,
        "counts": plan.counts() if plan else {},
        "loses_many": bool(plan and plan.loses_many),
    }


def _record_answers(plan, thing, by, alone):
    """That it was decided who somebody is: of each person, which way, and never a name."""
    for question in plan.questions:
        record(
            Action.ROSTER_IDENTITY,
            actor=by,
            role=role_of(by, thing, "roster.import") if by else alone,
            municipality_id=thing.municipality_id,
            subject_id=question.holder,
            thing=thing,
            fields=[question.key, question.case.value, plan.answers[question.key].value],
        )


def _moved(plan):
    """That codes of students were changed, how many, and the digest under which it was said."""
    moves = plan.code_moves
    return ["local_code", f"n-{moves.number}", moves.digest] if moves.number else ()


def _record(action, thing, by, alone, fields=()):
    record(
        action,
        actor=by,
        role=role_of(by, thing, "roster.import") if by else alone,
        municipality_id=thing.municipality_id,
        thing=thing,
        fields=fields,
    )
