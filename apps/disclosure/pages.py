"""What the pages of disclosure show, in the wording of their reader."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.audit.models import Action
from apps.consent.pages import moment_words
from apps.disclosure import words


@dataclass(frozen=True)
class AccessLine:
    """One line of the page "who looked"."""

    sentence: str
    reason: str
    at: str


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


def access_lines(events, party):
    """Lines of the page "who looked"; roles, never names."""
    return [
        AccessLine(
            words.event_words(event.action, event.actor_role, event.purpose, party),
            words.reason_words(event.reason_code, event.is_emergency, party)
            if event.action == Action.SEALED_OPENED
            else "",
            moment_words(event.at),
        )
        for event in events
    ]
