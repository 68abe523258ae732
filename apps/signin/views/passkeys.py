"""Signing in with a passkey, without a password."""

from allauth.account.models import Login
from allauth.mfa.webauthn.internal import auth, flows
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.audit.models import SecurityKind
from apps.core.client_address import address_of
from apps.core.limits import allow
from apps.people.services.security_events import note_security_event
from apps.signin.passkey_forms import PasskeySignInForm
from apps.signin.passkey_offers import withdraw_offer

NOT_ACCEPTED = _("そのパスキーでは入れませんでした。もう一度ためすか、パスワードで入ってください。")
TOO_MANY = _("今、こみあっています。少し待ってください。")
JSON = "application/json"


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request):
    """GET for a script: what the device has to sign, naming nobody. POST: the device's answer."""
    if request.user.is_authenticated:
        return redirect("portal:home")
    is_script = request.method == "GET" and request.headers.get("Accept") == JSON
    if request.method == "GET" and not is_script:
        return redirect("account_login")
    if not allow("signin.passkey", address_of(request)):
        if is_script:
            return JsonResponse({"error": "too many requests"}, status=429)
        messages.error(request, TOO_MANY)
        return redirect("account_login")
    if is_script:
        return JsonResponse({"request_options": auth.begin_authentication(None)})
    return _sign_in_with(request, PasskeySignInForm(request.POST))


def _sign_in_with(request, form):
    if not form.is_valid():
        note_security_event(SecurityKind.SIGN_IN_FAILED, detail="passkey")
        if auth.STATE_SESSION_KEY in request.session:  # else there is no session to say it in
            messages.error(request, NOT_ACCEPTED)
        return redirect("account_login")
    passkey = form.cleaned_data["credential"]
    return flows.perform_passwordless_login(request, passkey, Login(user=passkey.user))


@require_POST
def later(request):
    """Take the offer of a passkey off the first page; this browser is not asked again."""
    withdraw_offer(request)
    return redirect("portal:home")
