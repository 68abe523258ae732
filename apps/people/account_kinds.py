"""Reads the rows of an account and derives its kind (rules: apps.people.account_kind_rules)."""

from typing import NamedTuple
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q, Value
from django.db.models.functions import Coalesce

from apps.core import clock
from apps.people.account_kind_rules import AccountFacts, AccountKind, group_of_kind, kind_from_facts
from apps.people.models import Guardian, StaffPost, Student, User


class AccountRow(NamedTuple):
    """One roster row or staff post of an account: which kind it makes it, and whether it counts today."""

    what: str  # "student", "guardian", "staff"; "former_staff": a post that is over
    is_enabled: bool
    counts: bool
    municipality_id: UUID


def account_rows(user_id) -> list[AccountRow]:
    """Every row of this account, in one query.

    A guardian whom the roster no longer names still counts: messages about what ended come later.
    """
    today = clock.today()
    is_there, began = Q(left_at=None), Q(begins_on=None) | Q(begins_on__lte=today)
    is_over = Q(ends_on__lt=today)
    posts = StaffPost.objects.filter(user=user_id)
    parts = [
        _rows(Student.objects.filter(user=user_id), "student", is_there),
        _rows(Guardian.objects.filter(user=user_id), "guardian", is_there),
        _rows(posts.exclude(is_over), "staff", began),
        _rows(posts.filter(is_over), "former_staff", Q(ends_on=None)),
    ]
    return [AccountRow(*row) for row in parts[0].union(*parts[1:])]


def _rows(rows, what, condition):
    return rows.values_list(Value(what), "is_enabled", _holds(condition), "municipality")


def _holds(condition):
    return Coalesce(ExpressionWrapper(condition, output_field=BooleanField()), Value(False))


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
