"""Cards, PINs, sessions, and services with accounts of schools."""

from apps.signin.models.cards import LoginCard
from apps.signin.models.choices import (
    EndingReason,
    LtiKeyState,
    MynaEnvironment,
    PinEventKind,
    SchoolAccountKind,
)
from apps.signin.models.lti import LtiPlatform
from apps.signin.models.lti_keys import LtiKey
from apps.signin.models.myna_services import MynaService
from apps.signin.models.pin_events import PinEvent
from apps.signin.models.pin_resets import PinReset
from apps.signin.models.school_accounts import SchoolAccountService
from apps.signin.models.sessions import SessionEnding, UserSession

__all__ = [
    "EndingReason",
    "LoginCard",
    "LtiKey",
    "LtiKeyState",
    "LtiPlatform",
    "MynaEnvironment",
    "MynaService",
    "PinEvent",
    "PinEventKind",
    "PinReset",
    "SchoolAccountKind",
    "SchoolAccountService",
    "SessionEnding",
    "UserSession",
]
