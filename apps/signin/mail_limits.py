"""How many mails an anonymous visitor may cause.

A mail over the limit is queued all the same and dropped by the worker: neither the response nor its
time reveals whether an address is known or its limit reached.
"""

from django.http import HttpRequest

from apps.core.client_address import network_of
from apps.core.limits import allow
from apps.people.normalisation import normalise_mail
from apps.signin.code_cookies import LETTER, code_of_request
from apps.signin.known_devices import known_device_id

TO_UNKNOWN_ADDRESSES = {"unknown_account"}
AT_SIGN_UP = {"email_confirmation_signup", "account_already_exists"}
OPEN_TO_ALL = {"password_reset_code", "login_code", *TO_UNKNOWN_ADDRESSES, *AT_SIGN_UP}


def may_send(request: HttpRequest, kind: str, address: str) -> bool:
    """Whether a mail of this kind to this address is within every limit; counts it."""
    if kind not in OPEN_TO_ALL:
        return True
    of_mailbox = _all_limits_allow(_limits_of_mailbox(address, network_of(request)))
    if device := known_device_id(request, normalise_mail(address)):
        of_mailbox = _all_limits_allow(_limits_of_device(f"{address}|{device}"))
    return of_mailbox and _all_limits_allow(_limits_of_kind(request, kind, address))


def _all_limits_allow(limits):
    """Whether each limit allows it. A mail that one limit refuses is not counted by the next ones."""
    return all(allow(name, key) for name, key in limits)


def _limits_of_mailbox(address, network):
    both = f"{address}|{network}"
    return [
        ("mail.address_and_network_hour", both),
        ("mail.address_and_network_day", both),
        ("mail.address_hour", address),
        ("mail.address_day", address),
    ]


def _limits_of_device(both):
    return [("mail.known_device_hour", both), ("mail.known_device_day", both)]


def _limits_of_kind(request, kind, address):
    network = network_of(request)
    if kind in AT_SIGN_UP:
        return [
            ("mail.letter_day", code_of_request(request, LETTER)),
            ("mail.sign_up_network_day", network),
        ]
    if kind in TO_UNKNOWN_ADDRESSES:
        return [
            ("mail.unknown_address_day", address),
            ("mail.unknown_network_day", network),
            ("mail.unknown_day", "all"),
        ]
    return []
