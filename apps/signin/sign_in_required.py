"""Leads whoever is not signed in to the first page, without naming in its address what was asked."""

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponseRedirect

from apps.signin.way_back import keep_way_back


class SignInRedirect(HttpResponseRedirect):
    """The redirect of a request that needs a sign-in."""


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """As Django's; the way back is kept in a cookie (``way_back``)."""

    def handle_no_permission(self, request: HttpRequest, view_func) -> SignInRedirect:
        """The redirect, with the cookie."""
        response = SignInRedirect(self.get_login_url(view_func))
        keep_way_back(request, response)
        return response
