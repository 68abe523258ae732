"""Roster imports: checked first, then applied completely or not at all."""

import logging
from contextlib import contextmanager, suppress
from dataclasses import asdict
from types import SimpleNamespace

from django.db import DataError, IntegrityError, connection, transaction

from apps.audit.models import Action, SecurityKind
from apps.audit.services.audit_events import record, record_about
from apps.core import clock
from apps.people.permissions import may, posts_with, role_of
from apps.people.services import security_events
from apps.roster.models import ImportState, RosterImport
from apps.roster.oneroster.identity_questions import MAX_QUESTIONS
from apps.roster.oneroster.report import FileReport
from apps.roster.services import stored_zips
from apps.roster.services.import_conditions import ImportApproval, import_refusals
from apps.roster.services.import_plan import ImportPlan
from apps.roster.services.staging import stage_zip

COMMAND = "command line"
log = logging.getLogger(__name__)


class CannotImport(Exception):
    """The roster is not imported; the message is for the person."""


NO_APPROVAL = ImportApproval()
ALREADY_DROPPED = (
    "この名簿は、もう「取り込まない」で終わっています。取り込むには、もう一度選んでください。"
)
UNSTORABLE = (
    "名簿の中の値がデータベースの決まりに合わないため、取り込めませんでした。何も変わっていません。"
    "書き出し直しても同じときは、運用の担当に伝えてください。"
)


def check_roster(content, file_name, *, by, alone=COMMAND):
    """Check a zip (bytes or a binary file) without changing anybody; returns the RosterImport.

    ``by`` is a member of staff, or None where ``alone`` acts. The zip is stored (until it is
    imported or dropped) only if it could be imported.
    """
    return check_and_compare(content, file_name, by=by, alone=alone, with_names=False)[0]


def check_and_compare(content, file_name, *, by, alone=COMMAND, with_names=True):
    """Like ``check_roster``: (RosterImport, its ImportPlan with names, or None where it is
    refused).
    """
    file = stored_zips.as_binary_file(content)
    with _refused_by_database(file, file_name, by, alone) as result, transaction.atomic():
        result.roster_import, plan = _check_and_plan(file, file_name, by, alone, NO_APPROVAL)
        if plan:
            stored_zips.store_zip(result.roster_import, file)
            result.plan = plan.load_preview() if with_names else plan
    return result.roster_import, result.plan


def check_and_import_roster(content, file_name, *, by, approval=NO_APPROVAL, alone=COMMAND):
    """Check a zip and import it at once; returns the RosterImport.

    It is imported, refused, or still waits (CHECKED, without its zip) because ``approval`` lacks an
    approval (``report["waits_for"]``).
    """
    file = stored_zips.as_binary_file(content)
    with _refused_by_database(file, file_name, by, alone) as result, transaction.atomic():
        result.roster_import, plan = _check_and_plan(
            file, file_name, by, alone, approval, is_import=True
        )
        if plan and not import_refusals(plan, approval):
            apply_plan(result.roster_import, plan, by=by, alone=alone)
    return result.roster_import


def preview_import(roster_import, answers=None):
    """The ImportPlan of a checked import against the present people (reports keep no names).

    ``answers`` are those given so far. None where the zip cannot be read (any more).
    """
    with suppress(DataError, IntegrityError), transaction.atomic():
        content = roster_import.content
        _, roster = stage_zip(content) if content else (None, None)
        return ImportPlan(roster, answers).load_preview() if roster else None


def import_roster(roster_import, *, by, approval=NO_APPROVAL, alone=COMMAND):
    """Import a checked roster completely, in one transaction, or not at all.

    Raises CannotImport when it is no longer waiting, or when ``approval`` lacks an approval. Importing
    twice is importing once.
    """
    try:
        with transaction.atomic():
            return _import(roster_import, by, approval, alone)
    except (DataError, IntegrityError) as error:
        log.warning("roster %s: %s", roster_import.pk, type(error).__name__)
        raise CannotImport(UNSTORABLE) from error


def _import(roster_import, by, approval, alone):
    found = RosterImport.objects.select_for_update().get(pk=roster_import.pk)
    if found.state == ImportState.IMPORTED:
        return found
    if found.state == ImportState.FORGOTTEN:
        raise CannotImport(ALREADY_DROPPED)
    content = found.content if found.state == ImportState.CHECKED else None
    _, roster = stage_zip(content) if content else (None, None)
    if roster is None:
        raise CannotImport("この 名簿は 確認まちでは ありません。もう一度 選んで ください。")
    refusal = _not_theirs(roster, by)
    if refusal:
        raise CannotImport(refusal)
    lock_municipality(roster.municipality_code)
    plan = ImportPlan(roster, approval.answers)
    missing = import_refusals(plan, approval)
    if missing:
        raise CannotImport(" ".join(missing.values()))
    return apply_plan(found, plan, by=by, alone=alone)


def drop_import(roster_import, *, by):
    """Drop a checked roster without importing it; returns whether it still waited."""
    return bool(stored_zips.drop_checked(RosterImport.objects.filter(pk=roster_import.pk)))


def drop_old_drafts(older_than):
    """Drop checked rosters from before ``older_than``; returns how many."""
    return stored_zips.drop_checked(RosterImport.objects.filter(created_at__lt=older_than))


@contextmanager
def _refused_by_database(file, file_name, by, alone):
    """An import that the database refuses is recorded as refused; ``roster_import`` of the result."""
    result = SimpleNamespace(roster_import=None, plan=None)
    try:
        yield result
    except (DataError, IntegrityError) as error:
        log.warning("a roster was refused by the database: %s", type(error).__name__)
        reading = FileReport()
        reading.add_problem("", 0, "", UNSTORABLE)
        result.roster_import = record_check(file, file_name, reading, None, by=by, alone=alone)
        result.plan = None


# -- single steps, used above and by feeds ---------------------------------------------------------


def record_check(file, file_name, reading, plan, *, by, alone, approval=NO_APPROVAL):
    """Record a check and its result; returns the RosterImport."""
    created = RosterImport.objects.create(
        municipality=plan and plan.municipality,
        uploaded_by=by,
        file_name=file_name[:200],
        sha256=stored_zips.sha256_of(file),
        state=ImportState.CHECKED if plan else ImportState.REFUSED,
        report=_report(reading, plan, approval),
    )
    _record(Action.ROSTER_CHECKED, created, by, alone)
    if plan is None and by is not None:
        security_events.note_security_event(SecurityKind.UPLOAD_REFUSED, user=by, detail="roster")
    return created


def apply_plan(checked, plan, *, by, alone):
    """Apply an ImportPlan and record it; returns the RosterImport."""
    checked.municipality = plan.apply()
    checked.state, checked.imported_at = ImportState.IMPORTED, clock.now()
    results = {
        "counts": plan.counts(),
        "cases": plan.cases(),
        "code_changes": asdict(plan.code_changes),
        "waits_for": [],
    }
    checked.report = {**checked.report, **results}
    checked.save()
    stored_zips.delete_zips([checked.pk])
    _record_answers(plan, checked, by, alone)
    _record(Action.ROSTER_IMPORTED, checked, by, alone, _code_change_fields(plan))
    return checked


def lock_municipality(municipality_code):
    """Wait until no other import of this municipality is running; holds the lock until the commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [f"roster-{municipality_code}"]
        )


def _check_and_plan(file, file_name, by, alone, approval, is_import=False):
    """Read and compare: (RosterImport, ImportPlan or None where it is refused)."""
    reading, roster = stage_zip(file)
    refusal = roster and _not_theirs(roster, by)
    if refusal:
        reading.add_problem("orgs.csv", 0, "", refusal)
    if not reading.is_error_free:
        return record_check(file, file_name, reading, None, by=by, alone=alone), None
    if is_import:
        lock_municipality(roster.municipality_code)
    plan = ImportPlan(roster, approval.answers)
    return record_check(file, file_name, reading, plan, by=by, alone=alone, approval=approval), plan


def _not_theirs(roster, by):
    """The message that refuses a roster of another place, or None."""
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


def _report(reading, plan, approval):
    """The stored report of a check: positions and counts, nobody's name."""
    questions = [
        {
            "key": question.answer_key,
            "file": question.file,
            "line": question.line,
            "case": question.case.value,
        }
        for question in (plan.unanswered[:MAX_QUESTIONS] if plan else ())
    ]
    return {
        "school_year": plan and plan.roster.school_year,
        "switched_off": plan.n_switched_off if plan else 0,
        "questions": questions,
        "cases": plan.cases() if plan else {},
        "code_changes": asdict(plan.code_changes) if plan else {},
        "waits_for": list(import_refusals(plan, approval)) if plan else [],
        "notes": [asdict(note) for note in reading.notes],
        "problems": [asdict(problem) for problem in reading.problems],
        "n_notes": reading.n_notes,
        "n_problems": reading.n_problems,
        "counts": plan.counts() if plan else {},
        "loses_many": bool(plan and plan.loses_many),
    }


def _record_answers(plan, thing, by, alone):
    """Audit that identities were decided: for each person which way, never a name."""
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


def _code_change_fields(plan):
    """Audit fields for changed codes: how many, and the digest under which they were approved."""
    code_changes = plan.code_changes
    return (
        ["local_code", f"n-{code_changes.number}", code_changes.digest]
        if code_changes.number
        else ()
    )


def _record(action, thing, by, alone, fields=()):
    role = role_of(by, thing, "roster.import") if by else alone
    record_about(thing, action, actor=by, role=role, fields=fields)
