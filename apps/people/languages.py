"""The language of a person's pages: what they chose, or what their kind of person reads."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from apps.core.languages import COOKIE, html_lang, language_for, speaking, staff_pages
from apps.people.account_kinds import group_of_account
from apps.people.models import User


def language_of(user: User) -> str:
    """The language in which this person is spoken to: on pages, in mails, in notifications."""
    return language_for(group_of_account(user), user.page_language)


def language_at(request: HttpRequest) -> str:
    """The language of the answer: a person's own, a visitor's cookie; staff pages are Japanese."""
    if request.path_info.startswith(staff_pages()):
        return language_for("staff")
    user: User | AnonymousUser = request.user
    if user.is_authenticated:
        return language_of(user)
    return language_for("", request.COOKIES.get(COOKIE, ""))


@contextmanager
def speaking_to(user: User) -> Iterator[None]:
    """Within it every sentence is in this person's language: for what a worker writes to them."""
    with speaking(language_of(user)):
        yield


def choose_language(user: User, language: str) -> None:
    """Keep the person's choice. Raises ValueError for what is no PageLanguage."""
    if language_for("", language) != language:
        raise ValueError(language)
    user.page_language = language
    user.save(update_fields=["page_language"])


class PersonsLanguage:
    """Answers in the language of whoever asks, and tells caches that it depends on the cookies."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with speaking(language_at(request)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", html_lang())
        patch_vary_headers(response, ["Cookie"])
        return response
