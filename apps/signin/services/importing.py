"""A roster comes in: looked at first, then all of it or none of it."""

import hashlib
from dataclasses import asdict

from django.db import connection, transaction
from django.utils import timezone

from apps.audit.models import Action
from apps.audit.services import record
from apps.people.models import Municipality, Role
from apps.people.permissions import may, role_of
from apps.signin.models import ImportState, RosterImport
from apps.signin.roster import Finding, read
from apps.signin.services.planning import MOST_GONE, Plan

LONGEST_REPORT = 500


class CannotImport(Exception):
    """The roster is not taken in; the message is a sentence for the person."""


def check_roster(content, file_name, *, by, alone="command line"):
    """Look at a zip without changing anybody: the RosterImport with its report.

    ``by`` is a member of staff, or None where ``alone`` acts. The zip is kept (until it is
    imported or forgotten) only if it could be imported.
    """
    reading = read(content)
    plan = None
    if reading.is_good:
        refusal = _not_theirs(reading.roster, by)
        if refusal:
            reading.problems.append(Finding("orgs.csv", 0, "", refusal))
        else:
            plan = Plan(reading.roster)
    made = RosterImport.objects.create(
        municipality=plan and plan.municipality,
        uploaded_by=by,
        file_name=file_name[:200],
        sha256=hashlib.sha256(content).hexdigest(),
        content=content if plan else None,
        state=ImportState.CHECKED if plan else ImportState.REFUSED,
        report=_report(reading, plan),
    )
    _record(Action.ROSTER_CHECKED, made, by, alone)
    return made


def preview(roster_import):
    """The Plan of a checked import against the people of now (names are not kept in reports)."""
    if roster_import.content is None:
        return None
    return Plan(read(bytes(roster_import.content)).roster)


@transaction.atomic
def import_roster(roster_import, *, by, allow_many_gone=False, alone="command line"):
    """Take a checked roster in: all of it, in one transaction, or nothing.

    Raises CannotImport when it is no longer waiting, or when more than a fifth of a school's
    students would vanish and nobody has said that this is right. Importing twice is importing once.
    """
    found = RosterImport.objects.select_for_update().get(pk=roster_import.pk)
    if found.state == ImportState.IMPORTED:
        return found
    if found.state != ImportState.CHECKED or found.content is None:
        raise CannotImport("この 名簿は 確認まちでは ありません。もう一度 選んで ください。")
    roster = read(bytes(found.content)).roster
    refusal = _not_theirs(roster, by)
    if refusal:
        raise CannotImport(refusal)
    _one_at_a_time(roster.municipality_code)
    plan = Plan(roster)
    if plan.loses_many and not allow_many_gone:
        raise CannotImport(
            f"{MOST_GONE}%より多く({plan.gone_words})が名簿から消えます。"
            "正しい名簿か確かめ、正しければ「多くの生徒が消えることを確かめた」を選んでください。"
        )
    found.municipality = plan.apply()
    found.state, found.content, found.imported_at = ImportState.IMPORTED, None, timezone.now()
    found.report = {**found.report, "counts": plan.counts()}
    found.save()
    _record(Action.ROSTER_IMPORTED, found, by, alone)
    return found


def forget(roster_import, *, by):
    """Drop a checked roster without importing it."""
    RosterImport.objects.filter(pk=roster_import.pk, state=ImportState.CHECKED).update(
        state=ImportState.FORGOTTEN, content=None
    )


def forget_drafts(older_than):
    """Drop checked rosters from before ``older_than``; returns how many."""
    return RosterImport.objects.filter(state=ImportState.CHECKED, created_at__lt=older_than).update(
        state=ImportState.FORGOTTEN, content=None
    )


def _not_theirs(roster, by):
    """The sentence that refuses a roster of another place, or None."""
    if by is None:
        return None
    if not may(by, "roster.import"):
        return "名簿を 取り込む 立場では ありません。"
    codes = {school.code for school in roster.schools}
    for post in by.current_posts:
        if post.municipality.code != roster.municipality_code:
            continue
        if post.role == Role.CITY:
            return None
        if post.role == Role.PRINCIPAL and codes == {post.school.code}:
            return None
    return "担当の 自治体・学校の 名簿では ありません。"


def _one_at_a_time(municipality_code):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [f"roster-{municipality_code}"]
        )


def _report(reading, plan):
    return {
        "notes": [asdict(note) for note in reading.notes[:LONGEST_REPORT]],
        "problems": [asdict(problem) for problem in reading.problems[:LONGEST_REPORT]],
        "n_problems": len(reading.problems),
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


def municipality_of(code):
    """The Municipality of a code, or None."""
    return Municipality.objects.filter(code=code).first()
