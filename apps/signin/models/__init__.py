"""Cards, PINs and sessions."""

from apps.signin.models.cards import LoginCard
from apps.signin.models.choices import EndingReason, PinEventKind
from apps.signin.models.pin_events import PinEvent
from apps.signin.models.pin_resets import PinReset
from apps.signin.models.sessions import SessionEnding, UserSession

__all__ = [
    "EndingReason",
    "LoginCard",
    "PinEvent",
    "PinEventKind",
    "PinReset",
    "SessionEnding",
    "UserSession",
]
