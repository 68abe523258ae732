"""A person's own sign-ins: list them, end one, end all others."""

from django.contrib import admin, messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.core.context_processors import account_mark
from apps.people.account_kinds import group_of_account, kind_of_account
from apps.signin import session_lifetime
from apps.signin.account_pages import has_proved_lately, redirect_to_reauthentication
from apps.signin.services import sessions
from apps.signin.services.credentials import CredentialChange, end_other_sessions
from apps.signin.sign_in_methods import has_account_pages
from apps.signin.words import method_label

SESSION_ENDED = _("そのサインインを終わらせました。")
ALREADY_ENDED = _("そのサインインは、もう終わっていました。")
OTHERS_ENDED = _("この画面のほかの、すべてのサインインを終わらせました。")


@never_cache
@require_safe
def session_list(request):
    """The list of sign-ins; ending one asks for reauthentication first."""
    _check(request)
    own = request.session.get(sessions.SESSION_ID_KEY, [None])[0]
    rows = [
        {
            "row": row,
            "used_at": at,
            "method": method_label(row.method),
            "is_own": str(row.pk) == own,
        }
        for row, at in sessions.sessions_of(request.user)
    ]
    rows.sort(key=lambda row: not row["is_own"])
    group = group_of_account(request.user)
    context = {
        "rows": rows,
        "n_most": session_lifetime.MAX_SESSIONS[group],
        "title": _("サインイン中の端末"),
    }
    if group == "staff":
        context |= admin.site.each_context(request) | {"title": context["title"]}
        return render(request, "signin/sessions_staff.html", context)
    return render(request, "signin/sessions.html", context)


@require_POST
def end_session(request, pk):
    """End one sign-in; ending the present one signs out."""
    if refused := _refused(request):
        return refused
    was_there = sessions.end_session(request.user, pk)
    messages.success(request, SESSION_ENDED) if was_there else messages.info(request, ALREADY_ENDED)
    return redirect("signin:sessions")


@require_POST
def end_others(request):
    """End all but this one, which continues under a new id."""
    if refused := _refused(request):
        return refused
    end_other_sessions(request.user, CredentialChange.SESSIONS, request=request)
    messages.success(request, OTHERS_ENDED)
    return redirect("signin:sessions")


def _check(request):
    """Raises Http404 for students, who have no such page."""
    if not has_account_pages(kind_of_account(request.user)):
        raise Http404


def _refused(request):
    """The redirect to reauthentication, or None."""
    _check(request)
    if not has_proved_lately(request):
        return redirect_to_reauthentication(request, reverse("signin:sessions"))
    return None


@login_not_required
@never_cache
@require_safe
def seconds_left(request):
    """JSON {left: seconds until this sign-in ends, who: its user}; not counted as activity.

    A page asks before it is shown again, and when its own time is up.
    """
    is_in = request.user.is_authenticated and session_lifetime.LIFETIME_KEY in request.session
    left = session_lifetime.seconds_left(request.session) if is_in else 0
    return JsonResponse({"left": left, "who": account_mark(request.user)})
