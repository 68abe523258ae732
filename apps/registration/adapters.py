"""The account adapter that lets the holder of a letter create an account."""

from django.urls import reverse

from apps.registration.letter_lookup import letter_of_request
from apps.registration.services.letters import CannotAccept
from apps.signin.adapters import AccountAdapter
from apps.signin.code_cookies import LETTER, code_of_request


class LetterAccountAdapter(AccountAdapter):
    """The account adapter of the portal: signing up requires a letter."""

    def is_open_for_signup(self, request):
        """Whether this browser has a letter's code; staff are appointed instead."""
        try:
            return bool(letter_of_request(request))
        except CannotAccept:
            return False

    def get_login_redirect_url(self, request):
        """Redirect somebody who came with a letter to the letter's page."""
        if code_of_request(request, LETTER):
            return reverse("registration:accept_letter")
        return super().get_login_redirect_url(request)

    get_signup_redirect_url = get_login_redirect_url
