"""Signing in with the My Number card, and a guardian's own link with it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from apps.people.account_kinds import kind_of_account
from apps.signin.account_pages import has_proved_lately, redirect_to_reauthentication
from apps.signin.myna_flow import MynaFlow
from apps.signin.oidc.client import LINK, SIGN_IN
from apps.signin.oidc.pages import lead_to_service, take_answer, with_forms_to
from apps.signin.services import myna_links
from apps.signin.services.myna_services import services_in_use
from apps.signin.sign_in_methods import SignInMethod, may_use_method

UNLINKED = _("マイナンバーカードとのつながりを外しました。")


@login_not_required
@never_cache
@require_safe
def overview(request):
    """For a visitor: sign in with the card. For a guardian: the own link."""
    services = services_in_use()
    if not request.user.is_authenticated:
        if not services:
            return redirect("account_login")
        context = {"services": services}
        return with_forms_to(services, render(request, "signin/myna_sign_in.html", context))
    _check(request)
    linked = myna_links.link_of(request.user)
    if not services and linked is None:
        raise Http404
    context = {"services": services, "linked": linked}
    return with_forms_to(services, render(request, "signin/myna.html", context))


@login_not_required
@never_cache
@require_POST
def begin(request, pk):
    """Redirect to the service, to sign in."""
    if request.user.is_authenticated:
        return redirect("portal:home")
    return lead_to_service(MynaFlow, request, pk, purpose=SIGN_IN)


@login_not_required
@never_cache
@require_GET
def come_back(request, pk):
    """The way back from the service: works once for each begin in this browser's session."""
    return take_answer(MynaFlow, request, pk)


@never_cache
@require_POST
def link(request, pk):
    """Redirect to the service, to link the card, after proving who it is."""
    _check(request)
    if not has_proved_lately(request):
        return redirect_to_reauthentication(request, reverse("signin:myna"))
    return lead_to_service(MynaFlow, request, pk, purpose=LINK, user=str(request.user.pk))


@never_cache
@require_POST
def unlink(request):
    """End the link, after proving who it is."""
    _check(request)
    if not has_proved_lately(request):
        return redirect_to_reauthentication(request, reverse("signin:myna"))
    try:
        myna_links.unlink_myna(request.user, request)
        messages.success(request, UNLINKED)
    except myna_links.CannotUseMyna as error:
        messages.error(request, str(error))
    return redirect("signin:myna")


def _check(request):
    """Raises Http404 for everybody but guardians."""
    if not may_use_method(kind_of_account(request.user), SignInMethod.MYNA):
        raise Http404
