"""Whoever holds a letter may make an account, and goes on to the child."""

from django.urls import reverse

from apps.registration.letter_lookup import letter_of_request
from apps.registration.services.letters import CannotAccept
from apps.signin.adapters import AccountAdapter
from apps.signin.code_cookies import LETTER, code_of_request


class LetterAccountAdapter(AccountAdapter):
    """The account adapter of the portal: with a letter one signs up."""

    def is_open_for_signup(self, request):
        """Accounts are made by whoever holds a letter; staff are appointed."""
        try:
            return bool(letter_of_request(request))
        except CannotAccept:
            return False

    def get_login_redirect_url(self, request):
        """Whoever came with a letter goes on to the child."""
        if code_of_request(request, LETTER):
            return reverse("registration:accept_letter")
        return super().get_login_redirect_url(request)

    get_signup_redirect_url = get_login_redirect_url
