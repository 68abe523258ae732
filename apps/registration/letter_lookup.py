"""The letter a browser came with, and how often one may be tried.

Three hundred guardians in one hall open their letters behind one address: what is limited is each
letter. Guessing (65 bits) is noticed by address, and refuses nobody who holds a letter.
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
    """The usable letter. Raises CannotAccept where there is none, or it was tried too often."""
    code = code_of_request(request, LETTER)
    address = address_of(request)
    if not allow("letter.requests", address) or not allow("letter", code):
        raise CannotAccept(TOO_MANY)
    try:
        return find_letter(code)
    except CannotAccept:
        if code:
            allow("letter.unknown", address)  # beyond it an event: see the table
        raise
