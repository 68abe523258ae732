"""What can happen to a check-in: asked, answered, delivered later, looked at, swept."""

from apps.checkins.services.answering import TEXT_LIMIT, answered_today, is_offered, submit
from apps.checkins.services.delivering import (
    Envelope,
    Item,
    State,
    deliver,
    envelope,
    forget_keys,
    key_of,
)
from apps.checkins.services.keeping import PURPOSE, CannotSubmit, NotOffered
from apps.checkins.services.looking import (
    OwnDay,
    in_words,
    just_sent,
    open_for,
    open_many,
    own_days,
    seen_of,
)
from apps.checkins.services.opening import Opening, open_form
from apps.checkins.services.questions import (
    current_set,
    current_sets,
    install_questions,
    published_set,
)
from apps.checkins.services.retiring import (
    effects_of_retiring,
    follow_acts,
    propose_retiring,
    retiring_of,
)
from apps.checkins.services.rhythms import Standing, choose_rhythm, rhythm_of, standing
from apps.checkins.services.sweeping import sweep

__all__ = [
    "CannotSubmit",
    "Envelope",
    "Item",
    "NotOffered",
    "Opening",
    "OwnDay",
    "PURPOSE",
    "Standing",
    "State",
    "TEXT_LIMIT",
    "answered_today",
    "choose_rhythm",
    "current_set",
    "current_sets",
    "deliver",
    "effects_of_retiring",
    "envelope",
    "follow_acts",
    "forget_keys",
    "in_words",
    "install_questions",
    "is_offered",
    "key_of",
    "just_sent",
    "open_for",
    "open_form",
    "open_many",
    "own_days",
    "propose_retiring",
    "retiring_of",
    "published_set",
    "rhythm_of",
    "seen_of",
    "standing",
    "submit",
    "sweep",
]
