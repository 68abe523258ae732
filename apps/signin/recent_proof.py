"""Asks staff and guardians to prove again who they are before they open sealed content.

``core.reason_grants`` says when. Nothing typed is lost: a posted form is kept as when a sign-in has
ended (``unsent_forms``), and the page comes back filled in.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from apps.core.reason_grants import ProofNeeded
from apps.signin.account_pages import redirect_to_reauthentication
from apps.signin.unsent_forms import page_of_form
from apps.signin.unsent_forms_middleware import set_form_key, store_posted_form

PROVE_BEFORE_OPENING = _("最後に本人を確かめてから15分がすぎました。開く前に、もう一度確かめます。")
PROVE_AGAIN = _(
    "最後に本人を確かめてから15分がすぎました。開く前に、もう一度確かめます。書いたものは残っています。"
)


class RecentProofMiddleware:
    """Turns ProofNeeded into a redirect to the proof, and back."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The redirect to the proof; None for every other exception."""
        if not isinstance(exception, ProofNeeded):
            return None
        page = page_of_form(request) if request.method == "POST" else request.get_full_path()
        response = redirect_to_reauthentication(request, page)
        key = store_posted_form(request) if request.method == "POST" else ""
        if key:
            set_form_key(request, response, key)
        messages.info(request, PROVE_AGAIN if key else PROVE_BEFORE_OPENING)
        return response
