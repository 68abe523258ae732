"""A card's or a letter's code between the address that brought it and the page that uses it.

It travels in a sealed cookie of the browser that brought it: nothing is stored here for whoever
only follows an address, and no dump of ours holds a code that was half typed.
"""

from django.http import HttpRequest, HttpResponse

from apps.signin import sealed_cookies

CARD, LETTER, STAFF = "card", "letter", "staff"
LIFETIME_S = {
    CARD: 15 * 60,
    LETTER: 2 * 60 * 60,
    STAFF: 15 * 60,
}  # an account is made with a letter: mail takes time


def set_code_cookie(response: HttpResponse, name: str, code: str) -> None:
    """Send ``code`` (already in its normal form) along; ``name`` is CARD, LETTER or STAFF."""
    sealed_cookies.set_cookie(response, name, sealed_cookies.seal(name, code), LIFETIME_S[name])


def code_of_request(request: HttpRequest, name: str) -> str:
    """The code that this browser brought, or "" where there is none, or it has had its time."""
    sealed = request.COOKIES.get(sealed_cookies.cookie_name(name), "")
    return sealed_cookies.unseal(name, sealed, LIFETIME_S[name])


def delete_code_cookie(response: HttpResponse, name: str) -> None:
    """Take the code out of the browser again."""
    sealed_cookies.delete_cookie(response, name)
