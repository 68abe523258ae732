"""For which municipalities a request works: those of the rows of its user."""

from django.contrib.auth import user_logged_in
from django.http import HttpRequest, HttpResponse

from apps.core.municipality_scope import reset_scope, set_scope
from apps.people.account_kinds import municipalities_of
from apps.people.models import User


class NoMunicipality:
    """Middleware, before all that ask the database: until the user is known, for no municipality."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.has_scope = True  # type: ignore[attr-defined]
        token = set_scope(())
        try:
            return self.get_response(request)
        finally:
            reset_scope(token)


class UsersMunicipalities:
    """Middleware, after the authentication: from here on the request works for those of its user."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            set_scope(municipalities_of(request.user))
        return self.get_response(request)


def work_for_new_user(sender: object, request: HttpRequest | None, user: User, **kwargs) -> None:
    """The rest of the request works for who signs in (receives ``user_logged_in``)."""
    if getattr(request, "has_scope", False):  # else nobody resets it at the end
        set_scope(municipalities_of(user))


def connect() -> None:
    """Connect the receiver; before all others, which read and write rows of the user."""
    user_logged_in.connect(work_for_new_user, dispatch_uid="people.municipality_scope")
