"""Whether a student has signed in on this browser: one sealed cookie that says yes, and not who.

A letter that is opened there is no proof against anybody (a family shares a tablet): the school
sees it among what speaks for and against.
"""

from django.http import HttpRequest, HttpResponse

from apps.signin import sealed_cookies

COOKIE_NAME = "student_device"
LIFETIME_S = 400 * 24 * 60 * 60  # as long as browsers keep a cookie
YES = "yes"


def mark_student_device(response: HttpResponse) -> None:
    """A student has just signed in, or out, on this browser."""
    sealed_cookies.set_cookie(
        response, COOKIE_NAME, sealed_cookies.seal(COOKIE_NAME, YES), LIFETIME_S
    )


def is_student_device(request: HttpRequest) -> bool:
    """Whether a student has signed in on this browser, as far as it still knows."""
    sealed = request.COOKIES.get(sealed_cookies.cookie_name(COOKIE_NAME), "")
    return sealed_cookies.unseal(COOKIE_NAME, sealed, LIFETIME_S) == YES
