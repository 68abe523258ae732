"""The languages of the pages, and which one a person gets."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.conf.locale import LANG_INFO
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation

COOKIE = "page-language"  # a visitor's choice; a person's is stored with the account
COOKIE_AGE_S = 365 * 24 * 60 * 60


class PageLanguage(models.TextChoices):
    """The languages of the pages, each in its own words; the source language is ``ja``."""

    JA = "ja", "日本語"  # no sentence
    EASY = "ja-easy", "やさしい にほんご"  # no sentence
    EN = "en", "English"


LANG_INFO[PageLanguage.EASY.value] = {  # what Django does not know of itself
    "bidi": False,
    "code": PageLanguage.EASY.value,
    "name": "Easy Japanese",
    "name_local": PageLanguage.EASY.label,
}
CODES = frozenset(PageLanguage.values)
OF_GROUP = {"guardian": PageLanguage.JA, "staff": PageLanguage.JA}


def language_for(group: str, chosen: str = "") -> str:
    """The language of a "student", "guardian", "staff" or, for "", a visitor.

    ``chosen``: what they chose themselves; anything that is no PageLanguage counts as nothing.
    """
    return chosen if chosen in CODES else OF_GROUP.get(group, PageLanguage.EASY).value


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Context manager: every sentence is in this language, whatever was active before."""
    with translation.override(language):
        yield


def html_lang() -> str:
    """The language of the page as HTML names it (BCP 47): easy Japanese is Japanese."""
    return (translation.get_language() or PageLanguage.JA).removesuffix("-easy")


def join_sentences(*sentences: str) -> str:
    """Sentences as one paragraph, without those that are empty: Japanese has no space between them."""
    return ("" if html_lang() == PageLanguage.JA else " ").join(filter(None, sentences))


@cache
def staff_pages() -> str:
    """The URL prefix of the staff pages; these are Japanese only."""
    return reverse("admin:index")


class VisitorsLanguage:
    """Outermost middleware: pages that know no person are in easy Japanese.

    The two pages that tablets cache for offline use are such, so that no cache holds a page in one
    language for a person who reads another.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with speaking(language_for("")):
            return self.get_response(request)
