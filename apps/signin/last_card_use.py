"""The last use of a student's card and recent wrong PINs, shown after signing in.

Kept in the session, so that no page queries the database for it again.
"""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase

from apps.people.models import Student
from apps.signin.models import LoginCard
from apps.signin.services.pins import recent_wrong_pins

LAST_USE_KEY = "entered_before"


@dataclass(frozen=True)
class LastCardUse:
    """When the card was last used (None: never), and the wrong PINs of the last seven days."""

    before: datetime | None
    n_wrong: int = 0
    last_wrong: datetime | None = None


def store_last_use(session: SessionBase, card: LoginCard) -> None:
    """Store in the new session what the card said before this use."""
    wrong = recent_wrong_pins(card)
    session[LAST_USE_KEY] = [
        _text(card.entered_at),
        len(wrong),
        _text(wrong[-1] if wrong else None),
    ]


def store_last_use_of(session: SessionBase, student: Student) -> None:
    """The same in a session not begun with the card, of the student's card."""
    card = LoginCard.objects.valid().filter(student=student).first()
    if card is not None:
        store_last_use(session, card)


def last_use_of_session(session: SessionBase) -> LastCardUse | None:
    """What was stored when this session began, or None."""
    try:
        before, n_wrong, last = session.get(LAST_USE_KEY)
        return LastCardUse(_time(before), int(n_wrong), _time(last))
    except (TypeError, ValueError):
        return None


def _text(at):
    return at.isoformat() if at else ""


def _time(text):
    return datetime.fromisoformat(text) if text else None
