"""How many mails somebody who is not signed in may have us send.

What is not sent is queued all the same and dropped by the worker: neither the answer nor its time
says whether an address is known, or its cap reached.
"""

from django.http import HttpRequest

from apps.core.client_address import network_of
from apps.core.limits import allow
from apps.signin.carried_codes import LETTER, code_in

TO_STRANGERS = {"unknown_account"}
AT_SIGN_UP = {"email_confirmation_signup", "account_already_exists"}
OPEN_TO_ALL = {"password_reset_code", "login_code", *TO_STRANGERS, *AT_SIGN_UP}


def may_send(request: HttpRequest, kind: str, address: str) -> bool:
    """Whether a mail of this kind to this address is within every cap; counts it."""
    if kind not in OPEN_TO_ALL:
        return True
    caps = [("mail.address_hour", address), ("mail.address_day", address)]
    if kind in AT_SIGN_UP:
        caps.append(("mail.letter_day", code_in(request, LETTER)))
    if kind in TO_STRANGERS:
        caps += [
            ("mail.unknown_address_day", address),
            ("mail.unknown_network_day", network_of(request)),
            ("mail.unknown_day", "all"),
        ]
    within = [allow(name, key) for name, key in caps]  # each is counted: equal time
    return all(within)
