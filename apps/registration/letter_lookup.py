"""Finds the letter of a browser's code, with rate limits.

Three hundred guardians may open their letters behind one IP address, so the limit is per letter.
Guessing (65 bits) is recorded by IP address and refuses nobody who holds a letter.
"""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.core.client_address import address_of
from apps.core.limits import allow
from apps.registration.models import InvitationLetter
from apps.registration.services.letters import CannotAccept, find_letter
from apps.signin.code_cookies import LETTER, code_of_request

TOO_MANY = _("いま多くの人が使っています。少し待ってから、もう一度ためしてください。")


def letter_of_request(request: HttpRequest) -> InvitationLetter:
    """The usable letter. Raises CannotAccept if there is none or it was tried too often."""
    code = code_of_request(request, LETTER)
    address = address_of(request)
    if not allow("letter.requests", address) or not allow("letter", code):
        raise CannotAccept(TOO_MANY)
    try:
        return find_letter(code)
    except CannotAccept:
        if code:
            allow("letter.unknown", address)  # beyond the limit a security event is recorded
        raise
