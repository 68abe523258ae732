"""A roster comes in: looked at first, then all of it or none of it."""

from dataclasses import asdict

from django.db import connection, transaction
from django.utils import timezone

from apps.audit.models import Action
from apps.audit.services import record
from apps.people.models import Role
from apps.people.permissions import may, role_of
from apps.signin.models import ImportState, RosterImport
from apps.signin.services import zips
from apps.signin.services.planning import MOST_GONE, Plan
from apps.signin.services.reading import stage

COMMAND = "command line"


class CannotImport(Exception):
    """The roster is not taken in; the message is a sentence for the person."""


@transaction.atomic
def check_roster(content, file_name, *, by, alone=COMMAND):
    """Look at a zip (bytes or a binary file) without changing anybody: the RosterImport.

    ``by`` is a member of staff, or None where ``alone`` acts. The zip is kept (until it is
    imported or forgotten) only if it could be imported.
    """
    made, plan = _look(zips.as_file(content), file_name, by, alone)
    if plan:
        zips.keep(made, zips.as_file(content))
    return made


@transaction.atomic
def take_roster(content, file_name, *, by, allow_many_gone=False, alone=COMMAND):
    """Check a zip and take it in at once, read once only: the RosterImport.

    It is imported, or refused, or still waits (CHECKED, without its zip) because more than a
    fifth would vanish and nobody has said that this is right.
    """
    made, plan = _look(zips.as_file(content), file_name, by, alone, is_import=True)
    if plan and (allow_many_gone or not plan.loses_many):
        put_in(made, plan, by=by, alone=alone)
    return made


@transaction.atomic
def preview(roster_import):
    """The Plan of a checked import against the people of now (names are not kept in reports)."""
    content = roster_import.content
    _, roster = stage(content) if content else (None, None)
    return Plan(roster).look() if roster else None


@transaction.atomic
def import_roster(roster_import, *, by, allow_many_gone=False, alone=COMMAND):
    """Take a checked roster in: all of it, in one transaction, or nothing.

    Raises CannotImport when it is no longer waiting, or when more than a fifth of a school's
    students would vanish and nobody has said that this is right. Importing twice is importing once.
    """
    found = RosterImport.objects.select_for_update().get(pk=roster_import.pk)
    if found.state == ImportState.IMPORTED:
        return found
    content = found.content if found.state == ImportState.CHECKED else None
    _, roster = stage(content) if content else (None, None)
    if roster is None:
        raise CannotImport("この 名簿は 確認まちでは ありません。もう一度 選んで ください。")
    refusal = _not_theirs(roster, by)
    if refusal:
        raise CannotImport(refusal)
    one_at_a_time(roster.municipality_code)
    plan = Plan(roster)
    if plan.loses_many and not allow_many_gone:
        raise CannotImport(brake_words(plan))
    return put_in(found, plan, by=by, alone=alone)


def forget(roster_import, *, by):
    """Drop a checked roster without importing it."""
    zips.forget(RosterImport.objects.filter(pk=roster_import.pk))


def forget_drafts(older_than):
    """Drop checked rosters from before ``older_than``; returns how many."""
    return zips.forget(RosterImport.objects.filter(created_at__lt=older_than))


# -- one step each, for the doors above and for feeds ---------------------------------------------


def note(file, file_name, reading, plan, *, by, alone):
    """Write down a check and what it found: the RosterImport."""
    made = RosterImport.objects.create(
        municipality=plan and plan.municipality,
        uploaded_by=by,
        file_name=file_name[:200],
        sha256=zips.digest_of(file),
        state=ImportState.CHECKED if plan else ImportState.REFUSED,
        report=_report(reading, plan),
    )
    _record(Action.ROSTER_CHECKED, made, by, alone)
    return made


def put_in(checked, plan, *, by, alone):
    """Write a Plan, and that it is written; the RosterImport."""
    checked.municipality = plan.apply()
    checked.state, checked.imported_at = ImportState.IMPORTED, timezone.now()
    checked.report = {**checked.report, "counts": plan.counts()}
    checked.save()
    zips.drop([checked.pk])
    _record(Action.ROSTER_IMPORTED, checked, by, alone)
    return checked


def one_at_a_time(municipality_code):
    """Wait until no other import of this municipality is under way (until the commit)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [f"roster-{municipality_code}"]
        )


def brake_words(plan):
    return (
        f"{MOST_GONE}%より多く({plan.gone_words})が名簿から消えます。"
        "正しい名簿か確かめ、正しければ「多くの生徒が消えることを確かめた」を選んでください。"
    )


def _look(file, file_name, by, alone, is_import=False):
    """Read and compare: (RosterImport, Plan or None where it is refused)."""
    reading, roster = stage(file)
    refusal = roster and _not_theirs(roster, by)
    if refusal:
        reading.problem("orgs.csv", 0, "", refusal)
    if not reading.is_good:
        return note(file, file_name, reading, None, by=by, alone=alone), None
    if is_import:
        one_at_a_time(roster.municipality_code)
    plan = Plan(roster)
    return note(file, file_name, reading, plan, by=by, alone=alone), plan


def _not_theirs(roster, by):
    """The sentence that refuses a roster of another place, or None."""
    if by is None:
        return None
    if not may(by, "roster.import"):
        return "名簿を 取り込む 立場では ありません。"
    for post in by.current_posts:
        if post.municipality.code != roster.municipality_code:
            continue
        if post.role == Role.CITY:
            return None
        if post.role == Role.PRINCIPAL and roster.school_codes == {post.school.code}:
            return None
    return "担当の 自治体・学校の 名簿では ありません。"


def _report(reading, plan):
    return {
        "notes": [asdict(note) for note in reading.notes],
        "problems": [asdict(problem) for problem in reading.problems],
        "n_notes": reading.n_notes,
        "n_problems": reading.n_problems,
        "counts": plan.counts() if plan else {},
        "loses_many": bool(plan and plan.loses_many),
    }


def _record(action, thing, by, alone):
    record(
        action,
        actor=by,
        role=role_of(by) if by else alone,
        municipality_id=thing.municipality_id,
        thing=thing,
    )
