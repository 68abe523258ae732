"""Blocks accounts that must use a second factor until this session has used it.

The rule depends on the account, not on the page: a member of staff who is a guardian too needs it
for a child's pages as well. Only sign-in, sign-out, factor setup and public pages are open.
"""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from apps.people.account_kinds import kind_of_account
from apps.signin import second_factor
from apps.signin.account_pages import redirect_to_reauthentication
from apps.signin.sign_in_methods import requires_second_factor

SET_UP = _("職員のアカウントには、2段階の認証が必要です。はじめに登録してください。")
USE_IT = _("職員のアカウントには、2段階の認証が必要です。認証アプリの番号などで確かめてください。")
# Open without the factor, besides the public pages: verifying it, signing out ...
OPEN_WITHOUT_FACTOR = {
    "account_reauthenticate",
    "admin:logout",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
}
# ... and, for accounts that have none yet, setting one up.
FACTOR_SETUP = {"mfa_activate_totp", "mfa_add_webauthn", "mfa_index"}


class SecondFactorMiddleware:
    """Checks before the view runs, so that nothing is shown or written."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """None to continue, else a redirect to the second factor. Raises PermissionDenied for a
        script.
        """
        if not getattr(view, "login_required", True) or not is_factor_missing(request):
            return None
        name = request.resolver_match.view_name or ""
        if name in OPEN_WITHOUT_FACTOR or (
            name in FACTOR_SETUP and not second_factor.has_second_factor(request.user)
        ):
            return None
        if request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
            raise PermissionDenied(USE_IT)
        return redirect_to_factor(
            request, request.get_full_path() if request.method == "GET" else "/"
        )


def is_factor_missing(request: HttpRequest) -> bool:
    """Whether this user must use a second factor and this session has not."""
    user = request.user
    if not user.is_authenticated or not requires_second_factor(kind_of_account(user)):
        return False
    return not second_factor.is_verified(request)


def redirect_to_factor(request: HttpRequest, path: str) -> HttpResponse:
    """Redirect to the second factor (or to its setup) and then to ``path``."""
    if not second_factor.has_second_factor(request.user):
        messages.info(request, SET_UP)
        return redirect("mfa_activate_totp")
    messages.info(request, USE_IT)
    return redirect_to_reauthentication(request, path)
