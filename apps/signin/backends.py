"""How a session is known again, by account or by login card: not where the roster says no."""

from functools import cache

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import ModelBackend

from apps.core.rows import ask_planned, columns_of, row_of
from apps.people.models import Student, User
from apps.signin.services.access import is_stopped_by_roster


class AccountBackend(AuthenticationBackend):
    """Signs in by address and password; a session ends when the roster switches its person off."""

    def get_user(self, user_id):
        """The user of a session, or None from the next request on."""
        user = super().get_user(user_id)
        return None if user is None or is_stopped_by_roster(user) else user


class CardBackend(ModelBackend):
    """Knows users by id for card sessions; a card is checked in services, never by a password."""

    def authenticate(self, request, **credentials):
        return None

    def get_user(self, user_id):
        """The user with the student in one query: every page of a student needs both."""
        user, student = _user_and_student(user_id)
        if user is None or not self.user_can_authenticate(user):
            return None
        is_in = student is None or (student.is_enrolled and student.is_enabled)
        return user if is_in else None


def _user_and_student(user_id):
    """The User of an id with its Student at hand, and the Student; None for what there is not."""
    found = ask_planned(_statement(), {"user": user_id})
    if not found:
        return None, None
    n = len(User._meta.concrete_fields)
    user = row_of(User, found[0][:n])
    student = row_of(Student, found[0][n:])
    # As select_related leaves it: each knows the other, and "none" is an answer too.
    user._state.fields_cache["student"] = student
    if student is not None:
        student._state.fields_cache["user"] = user
    return user, student


@cache
def _statement():
    both = f"{columns_of(User, 'u')}, {columns_of(Student, 's')}"
    return (
        f"SELECT {both} FROM people_user u "  # noqa: S608 - names of our models
        "LEFT JOIN people_student s ON s.user_id = u.id WHERE u.id = %(user)s::uuid"
    )
