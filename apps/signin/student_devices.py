"""Whether a student has signed in on this browser: one sealed cookie that says yes, and not who.

A letter that is opened there is no proof against anybody (a family shares a tablet): the school
sees it among what speaks for and against.
"""

from django.http import HttpRequest, HttpResponse

from apps.signin import sealed_cookies

NAME = "student_device"
LASTS_S = 400 * 24 * 60 * 60  # as long as browsers keep a cookie
YES = "yes"


def note_student(response: HttpResponse) -> None:
    """A student has just signed in, or out, on this browser."""
    sealed_cookies.put(response, NAME, sealed_cookies.seal(NAME, YES), LASTS_S)


def had_student(request: HttpRequest) -> bool:
    """Whether a student has signed in on this browser, as far as it still knows."""
    sealed = request.COOKIES.get(sealed_cookies.cookie_name(NAME), "")
    return sealed_cookies.opened(NAME, sealed, LASTS_S) == YES
