"""The language of a person's pages: chosen, or the default of their kind of account."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from apps.core.languages import COOKIE, html_lang, language_for, speaking, staff_pages
from apps.people.account_kinds import group_of_account
from apps.people.models import User


def language_of(user: User) -> str:
    """The language of this person's pages, mails and notifications."""
    return language_for(group_of_account(user), user.page_language)


def language_at(request: HttpRequest) -> str:
    """The language of a response: the user's own, a visitor's cookie; staff pages are Japanese."""
    if request.path_info.startswith(staff_pages()):
        return language_for("staff")
    user: User | AnonymousUser = request.user
    if user.is_authenticated:
        return language_of(user)
    return language_for("", request.COOKIES.get(COOKIE, ""))


@contextmanager
def speaking_to(user: User) -> Iterator[None]:
    """Activate this person's language in the block: for messages a worker writes to them."""
    with speaking(language_of(user)):
        yield


class PersonsLanguage:
    """Middleware: answers in the user's language, and tells caches that it depends on cookies."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with speaking(language_at(request)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", html_lang())
        patch_vary_headers(response, ["Cookie"])
        return response
