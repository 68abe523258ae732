"""Reads the rows of an account and derives its kind (rules: apps.people.account_kind_rules)."""

from typing import NamedTuple
from uuid import UUID

from apps.core import clock
from apps.core.municipality_scope import across_municipalities
from apps.core.sql_batches import fetch_prepared
from apps.people.account_kind_rules import AccountFacts, AccountKind, group_of_kind, kind_from_facts
from apps.people.models import User


class AccountRow(NamedTuple):
    """One roster row or staff post of an account: which kind it makes it, and whether it counts today."""

    what: str  # "student", "guardian", "staff"; "former_staff": over; "newcomer": not confirmed yet
    is_enabled: bool
    counts: bool
    municipality_id: UUID


@across_municipalities
def account_rows(user_id) -> list[AccountRow]:
    """Every row of this account, in one query.

    A guardian whom the roster no longer names still counts: messages about what ended come later.
    """
    parameters = {"user": user_id, "today": clock.today()}
    return [AccountRow(*row) for row in fetch_prepared(" UNION ALL ".join(_ROWS), parameters)]


def register_account_rows(statement: str) -> None:
    """Register a statement of another app, once, when it is loaded: rows like those of AccountRow.

    It may name ``%(user)s`` and ``%(today)s``. What it names gives no rights; the requests of the
    account work for its municipality.
    """
    if statement not in _ROWS:
        _ROWS.append(statement)


# Every page of a guardian and of staff asks this: the server keeps its plan.
_ROWS = [
    """
    SELECT 'student', is_enabled, left_at IS NULL, municipality_id
    FROM people_student WHERE user_id = %(user)s::uuid
    UNION ALL
    SELECT 'guardian', is_enabled, left_at IS NULL, municipality_id
    FROM people_guardian WHERE user_id = %(user)s::uuid
    UNION ALL
    SELECT
        CASE WHEN ends_on < %(today)s THEN 'former_staff' ELSE 'staff' END,
        is_enabled,
        COALESCE(ends_on >= %(today)s, TRUE) AND COALESCE(begins_on <= %(today)s, TRUE),
        municipality_id
    FROM people_staffpost WHERE user_id = %(user)s::uuid
    """
]


def kind_from_rows(user: User, rows: list[AccountRow]) -> AccountKind:
    """The kind of an account with these rows."""
    before = {row.what for row in rows}
    parts = AccountFacts(
        is_student=any(row.what == "student" and row.counts for row in rows),
        was_student="student" in before,
        is_guardian="guardian" in before,
        has_post="staff" in before,
    )
    return kind_from_facts(parts, is_staff=user.is_staff, is_superuser=user.is_superuser)


def fetch_kind(user: User) -> AccountKind:
    """The kind of this account, read from the database each time."""
    return kind_from_rows(user, account_rows(user.pk))


def fetch_group(user: User) -> str:
    """The group ("student", "guardian" or "staff") of this account, read each time."""
    return group_of_kind(fetch_kind(user))


def municipalities_of(user: User) -> set[UUID]:
    """The municipalities whose rows this account may see at all; read once a request.

    Those of its child, its guardianships and its posts that are not over.
    """
    known = user.known_municipalities
    if known is None:
        known = user.known_municipalities = municipalities_in(account_rows(user.pk))
    return known


def municipalities_in(rows: list[AccountRow]) -> set[UUID]:
    """The municipalities of these rows, without posts that are over."""
    return {row.municipality_id for row in rows if row.what != "former_staff"}


def other_municipalities(account_id: UUID, municipality_id: UUID | None) -> list[UUID]:
    """The municipalities besides this one for which an account works; read each time."""
    return sorted(municipalities_in(account_rows(account_id)) - {municipality_id})


def kind_of_account(user: User) -> AccountKind:
    """The kind of the signed-in user; read once a request (backends keep it with the user)."""
    known = getattr(user, "known_kind", None)
    if known is None:
        known = user.known_kind = fetch_kind(user)
    return known


def group_of_account(user: User) -> str:
    """The group ("student", "guardian" or "staff") of the signed-in user; read once a request."""
    return group_of_kind(kind_of_account(user))


def is_staff_account(user: User) -> bool:
    """Whether this account counts among staff: not a guardian who once had a post."""
    return user.is_staff and group_of_account(user) == "staff"
