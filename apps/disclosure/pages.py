"""What the pages of disclosure show, in the wording of their reader."""

from dataclasses import dataclass

from apps.audit.models import Action
from apps.consent import words as consent_words
from apps.consent.page_words import page_words
from apps.consent.pages import moment_words
from apps.disclosure import words


@dataclass(frozen=True)
class AccessLine:
    """One line of the page "who looked"."""

    sentence: str
    reason: str
    at: str


def correction_lines(rows, party):
    """This person's correction requests: (about, words, state in words, when, answer)."""
    w = page_words(party)
    moments = {
        "asked": (w.correct_sent, "asked_at"),
        "seen": (w.correct_seen, "seen_at"),
        "answered": (w.correct_answered, "answered_at"),
    }
    found = []
    for row, said, answer in rows:
        state, at = moments[row.state]
        about = w.roster if row.about == "roster" else consent_words.purpose_name(row.about, party)
        found.append((about, said, state, moment_words(getattr(row, at), party), answer))
    return found


def access_lines(events, party):
    """Lines of the page "who looked"; roles, never names."""
    return [
        AccessLine(
            words.event_words(event.action, event.actor_role, event.purpose, party),
            words.reason_words(event.reason_code, event.is_emergency, party)
            if event.action == Action.SEALED_OPENED
            else "",
            moment_words(event.at, party),
        )
        for event in events
    ]
