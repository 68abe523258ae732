"""What the pages of disclosure show, in the wording of their reader."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.consent.pages import day_words, moment_words
from apps.disclosure import words


@dataclass(frozen=True)
class AccessLine:
    """One line of the page "who looked"."""

    sentence: str
    on: str


def correction_lines(rows):
    """This person's correction requests: (about, words, state in words, when, answer)."""
    moments = {
        "asked": (_("送りました"), "asked_at"),
        "seen": (_("担当者が見ました"), "seen_at"),
        "answered": (_("返事が来ました"), "answered_at"),
    }
    found = []
    for row, text, answer in rows:
        state, at = moments[row.state]
        about = words.subject_name(row.about)
        found.append((about, text, state, moment_words(getattr(row, at)), answer))
    return found


def access_lines(days, party):
    """Lines of the page "who looked" (AccessDays): days and roles, no names and no times."""
    return [
        AccessLine(
            words.access_words(each.what, each.who, each.purpose, party),
            day_words(each.on.isoformat()),
        )
        for each in days
    ]
