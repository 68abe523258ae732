"""Signing in with the school's account, and a student's own link with it."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from apps.people.pin_reauthentication import pin_required
from apps.signin.oidc.client import LINK, SIGN_IN
from apps.signin.oidc.pages import lead_to_service, take_answer, with_forms_to
from apps.signin.pin_first import was_begun_with_card
from apps.signin.school_account_flow import SchoolAccountFlow
from apps.signin.services import school_accounts
from apps.signin.services.school_account_services import services_in_use


@login_not_required
@never_cache
@require_safe
def choose(request):
    """The schools' services, for who is not signed in."""
    if request.user.is_authenticated:
        return redirect("portal:home")
    services = services_in_use()
    if not services:
        return redirect("signin:card_entry")
    page = render(request, "signin/school_accounts.html", {"services": services})
    return with_forms_to(services, page)


@login_not_required
@never_cache
@require_POST
def begin(request, pk):
    """Redirect to the service, to sign in."""
    if request.user.is_authenticated:
        return redirect("portal:home")
    return lead_to_service(SchoolAccountFlow, request, pk, purpose=SIGN_IN)


@login_not_required
@never_cache
@require_GET
def come_back(request, pk):
    """The way back from the service: works once for each begin in this browser's session."""
    return take_answer(SchoolAccountFlow, request, pk)


@never_cache
@require_safe
@pin_required
def own(request):
    """With which account the student is linked, and how to begin or end it."""
    student = _student(request)
    services = [
        each for each in services_in_use() if each.municipality_id == student.municipality_id
    ]
    linked = school_accounts.links_of(student)
    context = {
        "student": student,
        "linked": linked,
        "services": [each for each in services if each not in linked],
        "is_by_card": was_begun_with_card(request),
    }
    return with_forms_to(services, render(request, "signin/own_school_account.html", context))


@never_cache
@require_POST
@pin_required
def link(request, pk):
    """Redirect to the service, to link the account: only in a session begun with the card."""
    student = _student(request)
    if not was_begun_with_card(request):
        return redirect("signin:own_school_account")
    return lead_to_service(SchoolAccountFlow, request, pk, purpose=LINK, student=str(student.pk))


@never_cache
@require_POST
@pin_required
def end_own(request):
    """End the student's own link; all sign-ins end, this one too."""
    school_accounts.end_own_links(_student(request))
    return redirect("portal:home")


def _student(request):
    student = getattr(request.user, "student", None)
    if student is None:
        raise Http404
    return student
