"""A sealed cookie that says a student has signed in on this browser, not which one.

A letter opened there proves nothing (families share tablets): the school sees it among the facts
about a registration.
"""

from django.http import HttpRequest, HttpResponse

from apps.signin import code_cookies, sealed_cookies

COOKIE_NAME = "student_device"
LIFETIME_S = 400 * 24 * 60 * 60  # the longest time browsers keep a cookie
YES = "yes"


def mark_student_device(response: HttpResponse) -> None:
    """Set the cookie when a student signs in or out; a card read before is nobody's from then on."""
    code_cookies.delete_code_cookie(response, code_cookies.CARD)
    sealed_cookies.set_cookie(
        response, COOKIE_NAME, sealed_cookies.seal(COOKIE_NAME, YES), LIFETIME_S
    )


def is_student_device(request: HttpRequest) -> bool:
    """Whether a student has signed in on this browser, as far as the cookie says."""
    sealed = request.COOKIES.get(sealed_cookies.cookie_name(COOKIE_NAME), "")
    return sealed_cookies.unseal(COOKIE_NAME, sealed, LIFETIME_S) == YES
