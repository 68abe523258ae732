"""What can happen to a check-in: asked, answered, delivered later, looked at, swept."""

from apps.checkins.services.answering import (
    PURPOSE,
    TEXT_LIMIT,
    CannotSubmit,
    NotOffered,
    answered_today,
    is_offered,
    submit,
)
from apps.checkins.services.delivering import (
    Envelope,
    Item,
    State,
    deliver,
    envelope,
    forget_keys,
)
from apps.checkins.services.looking import OwnDay, just_sent, open_for, own_days
from apps.checkins.services.questions import current_set, install_questions, published_set
from apps.checkins.services.sweeping import sweep

__all__ = [
    "PURPOSE",
    "TEXT_LIMIT",
    "CannotSubmit",
    "Envelope",
    "Item",
    "NotOffered",
    "OwnDay",
    "State",
    "answered_today",
    "current_set",
    "deliver",
    "envelope",
    "forget_keys",
    "install_questions",
    "is_offered",
    "just_sent",
    "open_for",
    "own_days",
    "published_set",
    "submit",
    "sweep",
]
