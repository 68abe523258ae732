"""A sealed cookie that carries a card's or letter's code to the page that uses it.

Nothing is stored on the server for somebody who only opens a URL, and no database dump holds a code
that was not used.
"""

from django.http import HttpRequest, HttpResponse

from apps.signin import sealed_cookies

CARD, LETTER, STAFF = "card", "letter", "staff"
LIFETIME_S = {
    CARD: 15 * 60,
    LETTER: 2 * 60 * 60,
    STAFF: 15 * 60,
}  # long enough to confirm a mail address while signing up


def set_code_cookie(response: HttpResponse, name: str, code: str) -> None:
    """Store ``code`` (in its normal form) in a cookie; ``name`` is CARD, LETTER or STAFF."""
    sealed_cookies.set_cookie(response, name, sealed_cookies.seal(name, code), LIFETIME_S[name])


def code_of_request(request: HttpRequest, name: str) -> str:
    """The code in this request's cookie, or "" when it is missing or expired."""
    sealed = request.COOKIES.get(sealed_cookies.cookie_name(name), "")
    return sealed_cookies.unseal(name, sealed, LIFETIME_S[name])


def delete_code_cookie(response: HttpResponse, name: str) -> None:
    """Delete the cookie."""
    sealed_cookies.delete_cookie(response, name)
