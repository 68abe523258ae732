"""Rate limits for passwords: by account and IP address together, never by IP address alone.

An attempt is counted before the password is compared, so that parallel ones cannot exceed the
limit, and discarded when the password was right. An unknown account counts like a known one.
"""

from dataclasses import dataclass

from django.http import HttpRequest

from apps.core.client_address import address_of
from apps.core.limits import allow, is_exhausted, undo_try
from apps.signin.known_devices import known_device_id


@dataclass(frozen=True)
class SignInAttempt:
    """One allowed attempt, with the keys under which it was counted."""

    counted: tuple[tuple[str, str], ...]


def begin_attempt(request: HttpRequest, login: str) -> SignInAttempt | None:
    """Count an attempt to sign in as ``login`` (a normalised mail address); None when there were
    too many.
    """
    address, device = address_of(request), known_device_id(request, login)
    if device:
        return _by_known_device(login, address, f"{login}|{device}")
    if not allow("signin.requests", address):
        return None
    return _by_unknown_device(login, address, f"{login}|{address}")


def discard_attempt(attempt: SignInAttempt) -> None:
    """Discard a counted attempt: the password was right."""
    for name, key in attempt.counted:
        undo_try(name, key)


def _by_known_device(login, address, both):
    is_attacked = is_exhausted("signin.account", login)
    if is_attacked and not allow("signin.known_device_slowly", both):
        return None
    if not allow("signin.known_device", both):
        return None
    counted = (("signin.known_device", both),)
    # counted for other devices like any other attempt
    if is_exhausted("signin.known_devices", login):
        attempt = _by_unknown_device(login, address, f"{login}|{address}")
        return SignInAttempt((*counted, *attempt.counted)) if attempt else None
    allow("signin.known_devices", login)
    counted = (*counted, ("signin.known_devices", login))
    if is_attacked:
        return SignInAttempt(counted)
    allow("signin.account", login)
    return SignInAttempt((*counted, ("signin.account", login)))


def _by_unknown_device(login, address, both):
    """Checks the pair first: one IP address cannot use up what is left for all others."""
    counted = [("signin.account_and_address", both)]
    if is_exhausted("signin.address", address):
        counted.append(("signin.account_at_busy_address", both))
    counted.append(("signin.account", login))
    for n, (name, key) in enumerate(counted):
        if not allow(name, key):
            discard_attempt(SignInAttempt(tuple(counted[:n])))
            return None
    # never refuses: it lowers the number of attempts for each account
    allow("signin.address", address)
    return SignInAttempt((*counted, ("signin.address", address)))
