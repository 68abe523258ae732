"""Authentication backends for accounts and login cards.

Each loads a session's user only if that kind of account may use that method.
"""

from functools import cache

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import ModelBackend

from apps.core.municipality_scope import across_municipalities
from apps.core.sql_batches import column_list, fetch_prepared, instance_of_row
from apps.people.account_kind_rules import AccountKind
from apps.people.models import Student, User
from apps.signin.services.access import access_of
from apps.signin.sign_in_methods import SignInMethod, has_account_pages, may_use_method


class AccountBackend(AuthenticationBackend):
    """Signs in by address and password, or by passkey (see apps.signin.sign_in_methods).

    A session ends when the roster disables its user, and when the last post is over. The reason for
    a refusal is shown by ``AccountAdapter.pre_login``.
    """

    def get_user(self, user_id):
        """The user of a session, or None if the account may not sign in any more."""
        user = super().get_user(user_id)
        if user is None:
            return None
        access = access_of(user)
        user.known_kind = access.kind
        return user if has_account_pages(access.kind) and not access.is_stopped else None


class CardBackend(ModelBackend):
    """Loads the user of a card session; the card itself is checked in services."""

    method = SignInMethod.CARD

    def authenticate(self, request, **credentials):
        return None

    def get_user(self, user_id):
        """The user with the student, in one query: every page of a student needs both."""
        user, student = _user_and_student(user_id)
        if user is None or student is None or not self.user_can_authenticate(user):
            return None
        kind = AccountKind.STUDENT if student.is_enrolled else AccountKind.FORMER_STUDENT
        user.known_kind, user.known_municipalities = kind, {student.municipality_id}
        return user if may_use_method(kind, self.method) and student.is_enabled else None


class SchoolAccountBackend(CardBackend):
    """Loads the user of a session begun with the school's account (apps.signin.pin_first)."""

    method = SignInMethod.SCHOOL_ACCOUNT


class LtiBackend(CardBackend):
    """Loads the user of a session begun from a 学習eポータル (apps.signin.pin_first)."""

    method = SignInMethod.LTI


BACKEND_PATHS = {
    backend.method: f"{backend.__module__}.{backend.__qualname__}"
    for backend in (CardBackend, SchoolAccountBackend, LtiBackend)
}  # as a session names them


@across_municipalities
def _user_and_student(user_id):
    """The User of an id with its Student, and the Student; None for whatever does not exist."""
    found = fetch_prepared(_statement(), {"user": user_id})
    if not found:
        return None, None
    n = len(User._meta.concrete_fields)
    user = instance_of_row(User, found[0][:n])
    student = instance_of_row(Student, found[0][n:])
    # as select_related leaves it: both sides cached, also when there is no student
    user._state.fields_cache["student"] = student
    if student is not None:
        student._state.fields_cache["user"] = user
    return user, student


@cache
def _statement():
    both = f"{column_list(User, 'u')}, {column_list(Student, 's')}"
    return (
        f"SELECT {both} FROM people_user u "  # noqa: S608 - names of our models
        "LEFT JOIN people_student s ON s.user_id = u.id WHERE u.id = %(user)s::uuid"
    )
