"""Who may open allauth's account pages, and which of them require reauthentication.

``apps.signin.sign_in_methods`` says which kind of account has these pages. Signing out is open to
everybody.
"""

from http import HTTPStatus
from time import time

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from apps.people.account_kinds import kind_of_account
from apps.signin.services.access import sign_in_refusal
from apps.signin.sign_in_methods import has_account_pages
from apps.signin.signout import clear_browser_data, sign_out
from apps.signin.way_back import forget_way_back, keep_path

SIGN_IN_AGAIN = _("大切なところなので、あなたであることをもう一度確かめます。")
PREFIXES = ("account_", "mfa_")  # prefixes of allauth's URL names
OPEN_TO_ALL = {"account_logout"}
CLOSED = {"mfa_download_recovery_codes"}  # codes are shown once, on a page that can be printed
PROVING = {"account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"}
# Where a mail address, a password or a second factor is changed or read: the password, or the
# second factor where there is one, is asked for within the last five minutes.
REAUTHENTICATED = {
    "account_change_password",
    "account_email",
    "account_set_password",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_deactivate_totp",
    "mfa_edit_webauthn",
    "mfa_generate_recovery_codes",
    "mfa_remove_webauthn",
    "mfa_view_recovery_codes",
}


class AccountPagesMiddleware:
    """Checks access to an account page before its view runs."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if _is_signing_out(request):
            return clear_browser_data(request, response)
        if _has_proved(request, response):
            forget_way_back(request, response)
        return response

    def process_view(self, request, view, args, kwargs):
        """A refusal (403 with the reason), a redirect to reauthentication, or None to continue.

        Raises Http404 for what nobody uses.
        """
        name = request.resolver_match.view_name or ""
        if not name.startswith(PREFIXES) or name in OPEN_TO_ALL:
            return None
        if not request.user.is_authenticated:
            return None
        kind = kind_of_account(request.user)
        if not has_account_pages(kind):
            why = {"why": sign_in_refusal(kind)}
            return render(request, "signin/no_account_page.html", why, status=403)
        if name in CLOSED:
            raise Http404
        if name in REAUTHENTICATED and not has_proved_lately(request):
            return redirect_to_reauthentication(request, request.path)
        return None


def _is_signing_out(request):
    found = request.resolver_match
    return request.method == "POST" and found is not None and found.view_name in OPEN_TO_ALL


def has_proved_lately(request):
    """Whether this session's person has proved again who they are within the last minutes.

    Who has neither password nor factor (a My Number card alone) has to have signed in so lately:
    allauth would let them on.
    """
    if get_adapter(request).get_reauthentication_methods(request.user):
        return did_recently_reauthenticate(request)
    records = get_authentication_records(request, request.user)
    return any(time() - one["at"] < app_settings.REAUTHENTICATION_TIMEOUT for one in records)


def redirect_to_reauthentication(request, path):
    """Redirect to reauthentication and then to ``path``, which no address names (``way_back``).

    Where only a new sign-in proves it, the session ends. Posted data is dropped: it may hold a
    password.
    """
    methods = get_adapter(request).get_reauthentication_methods(request.user)
    owner_pk = request.user.pk
    if not methods:
        sign_out(request)
        messages.info(request, SIGN_IN_AGAIN)
    response = redirect(methods[0]["url"] if methods else "account_login")
    keep_path(response, path, owner_pk)
    return response


def _has_proved(request, response):
    """Whether this request has just proved who it is, and leads on."""
    found = request.resolver_match
    by_proof = found is not None and found.view_name in PROVING
    return by_proof and request.method == "POST" and response.status_code == HTTPStatus.FOUND
