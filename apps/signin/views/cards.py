"""Signing in with a card and a PIN, and changing the PIN."""

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.audit.models import SecurityKind
from apps.core.limits import allow
from apps.people.pin_reauthentication import (
    is_reauthenticated,
    mark_reauthenticated,
    path_after_reauthentication,
)
from apps.people.services.security_events import note_security_event
from apps.signin import code_cookies, codes
from apps.signin.backends import BACKEND_PATHS
from apps.signin.code_cookies import CARD
from apps.signin.forms import ChangePinForm, FirstPinForm, PinForm, TypedCodeForm
from apps.signin.last_card_use import store_last_use, store_last_use_of
from apps.signin.pin_first import is_pin_missing, mark_pin_typed, was_begun_with_card
from apps.signin.services import cards
from apps.signin.services.school_account_services import services_in_use
from apps.signin.session_tracking import announce_endings
from apps.signin.sign_in_methods import SignInMethod
from apps.signin.student_devices import mark_student_device
from apps.signin.words import TOO_MANY_TRIES

# -- students -----------------------------------------------------------------------------------


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def card_entry(request):
    """Accept the code: sent by scanned_code.js from the QR code's URL fragment, or typed."""
    form = TypedCodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _redirect_with_code(CARD, form.cleaned_data["code"], "signin:pin")
    context = {"form": form, "has_school_account": bool(services_in_use())}
    return render(request, "signin/card.html", context, status=422 if form.is_bound else 200)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def pin(request):
    """Ask for the PIN: chosen at first use, checked afterwards. An unknown code looks like a used
    one.
    """
    code = code_cookies.code_of_request(request, CARD)
    if not code:
        return redirect("signin:card_entry")
    known = cards.find_card(code)
    is_first = known is not None and known.pin_digest is None
    form = (FirstPinForm if is_first else PinForm)(
        request.POST if request.method == "POST" else None
    )
    if request.method == "POST" and form.is_valid():
        user = _user_for_pin(request, form, code, is_first)
        if user is not None:
            login(request, user, backend=BACKEND_PATHS[SignInMethod.CARD])
            if known is not None:
                store_last_use(request.session, known)
            answer = redirect("portal:home")
            mark_student_device(answer)
            return answer
    status = 422 if form.is_bound else 200
    context = {"form": form, "is_first": is_first}
    answer = render(request, "signin/pin.html", context, status=status)
    if getattr(form, "locked_until", None):  # the code outlasts the wait
        code_cookies.set_code_cookie(answer, CARD, code)
    return answer


@never_cache
@require_http_methods(["GET", "POST"])
def prove(request):
    """Ask for the PIN again before a student's own answers are shown; then redirect to them."""
    student = getattr(request.user, "student", None)
    back = _back(request)
    is_first = is_pin_missing(request)
    if student is None or (is_reauthenticated(request.session, student) and not is_first):
        return redirect(back)
    form = PinForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _is_pin_right(request, student, form):
        mark_reauthenticated(request.session, student)
        mark_pin_typed(request)
        request.session.cycle_key()
        if is_first:
            store_last_use_of(request.session, student)
            announce_endings(request, request.user)
        return redirect(back)
    context = {"form": form, "back": back, "is_first": is_first}
    if is_first:  # a session begun with the school's account
        context["has_pin"] = cards.has_pin(student)
    return render(request, "signin/prove.html", context, status=422 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def change_pin(request):
    """Change the PIN behind the present one; other sessions end, this one continues."""
    student = getattr(request.user, "student", None)
    if student is None:
        return redirect("portal:home")
    form = ChangePinForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _is_pin_changed(request, student, form):
        return redirect("portal:home")
    status = 422 if form.is_bound else 200
    return render(request, "signin/change_pin.html", {"form": form}, status=status)


def _back(request):
    back = request.POST.get("next") or path_after_reauthentication(request.session)
    if back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return back
    return reverse("portal:home")


def _is_pin_right(request, student, form):
    """Whether the PIN is right; otherwise the form shows the reason. Counted like a sign-in."""
    has_card, pin = was_begun_with_card(request), form.cleaned_data["pin"]
    return _is_done(student, form, cards.verify_pin, student, pin, has_card=has_card)


def _is_pin_changed(request, student, form):
    """Whether the PIN was changed; otherwise the form shows the reason."""
    pin, new = form.cleaned_data["pin"], form.cleaned_data["new_pin"]
    context = {"request": request, "has_card": was_begun_with_card(request)}
    return _is_done(student, form, cards.change_pin, student, pin, new, **context)


def _is_done(student, form, verb, *given, **more):
    """Whether ``change`` succeeded; otherwise the form shows the reason. Attempts count for the
    student.
    """
    if not allow("card", str(student.pk)):
        form.add_error(None, TOO_MANY_TRIES)
        return False
    try:
        verb(*given, **more)
    except cards.CannotSignIn as error:
        note_security_event(SecurityKind.SIGN_IN_FAILED, user=student.user, detail="card+again")
        _add_refusal(form, error)
        return False
    return True


def _user_for_pin(request, form, code, is_first):
    """The user for a right PIN, else None with the reason on the form."""
    # Many share one school's IP address: attempts count per code; the card itself locks as well.
    if not allow("card", code):
        form.add_error(None, TOO_MANY_TRIES)
        return None
    try:
        verb = cards.set_first_pin if is_first else cards.sign_in_with_card
        user = verb(code, form.cleaned_data["pin"])
        if is_first:
            note_security_event(SecurityKind.PIN_CHANGED, user=user, detail="first")
        return user
    except cards.CannotSignIn as error:
        owner = cards.find_card(code)
        note_security_event(
            SecurityKind.SIGN_IN_FAILED, user=owner and owner.student.user, detail="card"
        )
        _add_refusal(form, error)
        return None


def _add_refusal(form, error):
    """Put the reason on the form, and until when the card is locked (signin/_locked.html)."""
    form.add_error(None, str(error))
    form.locked_until = error.until


def _redirect_with_code(name, code, view):
    """Redirect to ``view`` with this code in a cookie."""
    answer = redirect(view)
    code_cookies.set_code_cookie(answer, name, codes.normalise_typed_code(code))
    return answer
