"""Staff with several posts work in one of them at a time; every staff page shows which.

The choice belongs to the session. Only the rights of that post count until another is chosen.
"""

from datetime import date

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import Http404, HttpRequest

from apps.people.models import StaffPost

POST_KEY = "signin.post"


class ChosenPostMiddleware:
    """Limits staff with several posts to the chosen one; the first where none is chosen."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if _is_signed_in(request) and request.user.is_authenticated and request.user.is_staff:
            limit_to_chosen_post(request)
        return self.get_response(request)


def _is_signed_in(request):
    return settings.SESSION_COOKIE_NAME in request.COOKIES and SESSION_KEY in request.session


def limit_to_chosen_post(request: HttpRequest) -> None:
    """Set ``current_posts`` of this request's user to the chosen post, ``held_posts`` to all."""
    held = sorted(request.user.current_posts, key=_order)
    request.user.held_posts = held
    if len(held) > 1:
        chosen = request.session.get(POST_KEY)
        on = next((post for post in held if str(post.pk) == chosen), held[0])
        request.user.current_posts = [on]


def set_chosen_post(request: HttpRequest, post_id: str) -> StaffPost:
    """Work in this post from now on, in this session. Raises Http404 for one that is not theirs."""
    for post in posts_held(request):
        if str(post.pk) == post_id:
            request.session[POST_KEY] = post_id
            return post
    raise Http404("no post of this person")


def posts_held(request: HttpRequest) -> list[StaffPost]:
    """All posts the user holds today."""
    return getattr(request.user, "held_posts", [])


def _order(post):
    return (post.begins_on or date.max, str(post.pk))
