"""How often a password may be tried: by account and address together, never by address alone.

A try is counted before the password is compared, so that many at once are not more, and taken back
when it was right. An account that does not exist counts as one that does.
"""

from dataclasses import dataclass

from django.http import HttpRequest

from apps.core.client_address import address_of
from apps.core.limits import allow, is_exhausted, undo_try
from apps.signin.known_devices import known_device_id


@dataclass(frozen=True)
class SignInAttempt:
    """One try that was let through, with what it was counted under."""

    counted: tuple[tuple[str, str], ...]


def begin_attempt(request: HttpRequest, login: str) -> SignInAttempt | None:
    """Count a try to sign in as ``login`` (a mail address in its one form); None: too many."""
    address, device = address_of(request), known_device_id(request, login)
    if device:
        return _by_known_device(login, address, f"{login}|{device}")
    if not allow("signin.requests", address):
        return None
    return _by_unknown_device(login, address, f"{login}|{address}")


def discard_attempt(made: SignInAttempt) -> None:
    """The password was right: it was no failed try."""
    for name, key in made.counted:
        undo_try(name, key)


def _by_known_device(login, address, both):
    is_attacked = is_exhausted("signin.account", login)
    if is_attacked and not allow("signin.known_device_slowly", both):
        return None
    if not allow("signin.known_device", both):
        return None
    counted = (("signin.known_device", both),)
    if is_exhausted("signin.known_devices", login):  # by other devices: it counts as any other
        made = _by_unknown_device(login, address, f"{login}|{address}")
        return SignInAttempt((*counted, *made.counted)) if made else None
    allow("signin.known_devices", login)
    counted = (*counted, ("signin.known_devices", login))
    if is_attacked:
        return SignInAttempt(counted)
    allow("signin.account", login)
    return SignInAttempt((*counted, ("signin.account", login)))


def _by_unknown_device(login, address, both):
    """The pair is asked first: one address cannot use up what is left for all others."""
    counted = [("signin.account_and_address", both)]
    if is_exhausted("signin.address", address):
        counted.append(("signin.account_at_busy_address", both))
    counted.append(("signin.account", login))
    for n, (name, key) in enumerate(counted):
        if not allow(name, key):
            discard_attempt(SignInAttempt(tuple(counted[:n])))
            return None
    allow("signin.address", address)  # refuses nobody: the next ones have fewer tries an account
    return SignInAttempt((*counted, ("signin.address", address)))
