"""Views of わたしの情報: the guardian's pages, the callback, and the notification endpoint."""

import secrets

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.core.json_input import read_json
from apps.core.limits import RETRY_AFTER_HEADERS, allow
from apps.selfinfo import page_context as pages
from apps.selfinfo.forms import BeginSessionForm
from apps.selfinfo.services import offers as selfinfo_offers
from apps.selfinfo.services import session_queries, sessions
from apps.selfinfo.words import ALREADY_RETURNED, SESSION_NOT_FOUND

BROWSER_SESSION_KEY = "self_info_browser"
MAX_NOTIFICATION_BYTES = 4096
MAX_EARLIER_SHOWN = 5


@require_http_methods(["GET", "POST"])
def begin(request, student_id):
    """Show what would be requested, why, and who sees it; then redirect to マイナポータル."""
    student = get_object_or_404(selfinfo_offers.students_for_guardian(request.user), pk=student_id)
    form = BeginSessionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(_start_authorisation(request, student, form.cleaned_data["purposes"]))
        except sessions.SessionInProgress as found:
            return redirect("selfinfo:session", found.session.pk)
        except sessions.CannotBeginSession as error:
            form.add_error(None, str(error))
    offers = selfinfo_offers.offers_for(student, request.user)
    context = {
        "student": student,
        "form": form,
        "offers": pages.offer_rows(offers),
        "shared": pages.shared_offer(offers),
        "may_begin": any(offer.is_askable for offer in offers),
        "is_agreed": any(offer.agrees for offer in offers),
        "earlier": pages.earlier_sessions(
            session_queries.sessions_begun_by(request.user, student)[:MAX_EARLIER_SHOWN]
        ),
    }
    status = 422 if form.is_bound else 200
    answer = render(request, "selfinfo/begin.html", context | pages.environment(), status=status)
    answer._csp_update = {
        "form-action": pages.form_action_origin()
    }  # the form redirects to another origin
    return answer


def _start_authorisation(request, student, purposes):
    browser = request.session.setdefault(BROWSER_SESSION_KEY, secrets.token_urlsafe(24))
    _, url = sessions.begin_session(student, request.user, purposes, browser=browser)
    return url


@require_GET
def session(request, pk):
    """How far one session is, in words; polls where there is JavaScript."""
    return render(request, "selfinfo/session.html", _session_context(request, pk))


@require_GET
def state(request, pk):
    """The fragment that the page polls; 204 while nothing has changed."""
    context = _session_context(request, pk)
    if request.GET.get("seen") == context["seen"]:
        return HttpResponse(status=204)
    fragment = context | {"is_fragment": True}  # it also says to screen readers what has changed
    return render(request, "selfinfo/session.html#now", fragment)


def _session_context(request, pk):
    found = get_object_or_404(session_queries.sessions_begun_by(request.user), pk=pk)
    context = {"session": found, "student": found.student, "names": pages.purpose_labels(found)}
    return context | pages.session_context(found)


@login_not_required  # somebody signed out meanwhile gets the same sentence as everybody else
@require_GET
def callback(request):
    """The OAuth callback. It works once: a second load, a prefetch or a wrong state change nothing."""
    if "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", "")):
        return HttpResponse(status=503, headers={"Retry-After": "0"})
    sent = {name: request.GET.get(name, "")[:4000] for name in ("state", "code", "error")}
    try:
        found, is_first = sessions.complete_authorisation(
            request.user, browser=request.session.get(BROWSER_SESSION_KEY, ""), **sent
        )
    except sessions.SessionNotFound:
        return render(
            request, "selfinfo/returned.html", {"sentence": SESSION_NOT_FOUND}, status=400
        )
    if is_first:
        return redirect("selfinfo:session", found.pk)
    return render(
        request, "selfinfo/returned.html", {"sentence": ALREADY_RETURNED, "session": found}
    )


@csrf_exempt  # no cookie is read: the secret of one session, which only マイナポータル has, is the proof
@login_not_required
@require_POST
def notify(request):
    """Notification of a ready answer: {"process_id"}, Bearer secret → 204 (also repeated), or 404."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not secret:
        return HttpResponse(status=401)
    if not _may_notify(secret):
        return HttpResponse(status=429, headers=RETRY_AFTER_HEADERS)
    process_id = _process_id(request)
    if process_id is None:
        return HttpResponse(status=400)
    try:
        return HttpResponse(status=204 if sessions.record_notification(secret, process_id) else 404)
    except sessions.NotifiedTooEarly:
        return HttpResponse(status=503, headers={"Retry-After": "5"})


def _may_notify(secret):
    """Rate limit: ten notifications a minute with one secret, a thousand with all of them."""
    return allow("self_info.notify", secret[:200]) and allow("self_info.notify_all")


def _process_id(request):
    """The process id of a notification's body, or None where it is not that."""
    if int(request.headers.get("Content-Length") or 0) > MAX_NOTIFICATION_BYTES:
        return None
    try:
        sent = read_json(request.body)
        value = sent["process_id"]
    except (ValueError, KeyError, TypeError):
        return None
    return value if isinstance(value, str) and 0 < len(value) <= 100 else None
