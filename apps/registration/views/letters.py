"""Registering with a letter: the code, the letter's page, and the newcomer's statement."""

from dataclasses import asdict

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.audit.models import SecurityKind
from apps.people.services.security_events import note_security_event
from apps.registration import staff_devices
from apps.registration.forms.newcomers import NewcomerForm, PrivacyForm, RelationshipForm
from apps.registration.letter_lookup import letter_of_request
from apps.registration.services import guardian_names, letters, newcomers, own_registrations
from apps.registration.services.letters import NOT_USABLE
from apps.signin import code_cookies, codes
from apps.signin.code_cookies import LETTER
from apps.signin.forms import TypedCodeForm
from apps.signin.student_devices import is_student_device

ALREADY_GUARDIAN = _("このお子さんの保護者として、もう登録されています。")
ALREADY_REGISTERED = _("この手紙では、もう登録しています。")


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def letter_entry(request: HttpRequest) -> HttpResponse:
    """Accept a letter's code, scanned or typed like a card's."""
    form = TypedCodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        answer = redirect("registration:letter_welcome")
        code_cookies.set_code_cookie(
            answer, LETTER, codes.normalise_typed_code(form.cleaned_data["code"])
        )
        return answer
    return _entry(request, form)


@login_not_required
@never_cache
@require_safe
def letter_welcome(request: HttpRequest) -> HttpResponse:
    """Show who wrote, with links to sign up or sign in. A signed-in guardian continues at once."""
    if request.user.is_authenticated:
        return redirect("registration:accept_letter")
    try:
        letter = _working_letter(request)
    except letters.CannotAccept as error:
        note_security_event(SecurityKind.SIGN_IN_FAILED, detail="letter")
        form = TypedCodeForm({"code": ""})
        form.errors.clear()
        form.add_error(None, str(error))
        return _entry(request, form)
    return render(request, "registration/letter_welcome.html", _about(letter))


@never_cache
@require_http_methods(["GET", "POST"])
def accept_letter(request: HttpRequest) -> HttpResponse:
    """「この手紙の保護者です」: register; the school then confirms the guardian.

    An account that has registered with this letter before is led to its statement or first page.
    """
    try:
        newcomers.require_guardian_account(request.user)
        letter = _working_letter(request)
        newcomers.check_letter(letter, request.user)
        if letter.student_id:
            return _accept_child_letter(request, letter)
        return _accept_own_letter(request, letter)
    except letters.CannotAccept as error:
        if letters.has_registered(code_cookies.code_of_request(request, LETTER), request.user):
            return _already_registered(request)
        note_security_event(SecurityKind.SIGN_IN_FAILED, user=request.user, detail="letter")
        refused = render(
            request, "registration/letter_refused.html", {"why": str(error)}, status=422
        )
        return _without_letter(refused)


def _accept_child_letter(request, letter):
    """A child letter: the newcomer describes themselves. Raises CannotAccept."""
    if newcomers.is_guardian_already(letter, request.user):
        messages.info(request, ALREADY_GUARDIAN)
        return _home()
    if _waits(letter, request.user):
        return _without_letter(redirect("registration:own_statement", letter.student_id))
    guardian = newcomers.known_names_of(request.user, letter)
    known = guardian_names.names_of_newcomer(guardian) if guardian else None
    asks_names = guardian is None or not newcomers.keeps_names(guardian)
    kind = NewcomerForm if asks_names else RelationshipForm
    sent = request.POST if request.method == "POST" else None
    form = kind(sent, initial=asdict(known) if known else None)
    if request.method == "POST" and form.is_valid():
        newcomer = form.newcomer(
            on_students_device=is_student_device(request),
            staff_on_device=staff_devices.staff_on(request, letter.municipality_id),
        )
        newcomers.accept_child_letter(letter, request.user, newcomer)
        return _home()
    context = _about(letter) | {"form": form, "known": None if asks_names else known}
    status = 422 if form.is_bound else 200
    return render(request, "registration/newcomer.html", context, status=status)


def _accept_own_letter(request, letter):
    """A letter to a guardian in the roster. Raises CannotAccept."""
    form = PrivacyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        code = code_cookies.code_of_request(request, LETTER)
        staff_accounts = staff_devices.staff_on(request, letter.municipality_id)
        letters.accept_guardian_letter(
            code, request.user, staff_on_device=staff_accounts, **form.known_to()
        )
        return _home()
    status = 422 if form.is_bound else 200
    return render(
        request, "registration/accept_letter.html", _about(letter) | {"form": form}, status=status
    )


def _waits(letter, user):
    """Whether this account waits with a letter of this child."""
    return (
        own_registrations.waiting_registrations_of(user).filter(student=letter.student_id).exists()
    )


def _working_letter(request):
    """The letter of this browser. Raises CannotAccept where it leads nowhere today."""
    letter = letter_of_request(request)
    if not newcomers.is_letter_usable(letter):
        raise letters.CannotAccept(NOT_USABLE)
    return letter


def _about(letter):
    """What a page may say of a letter: the school, and the given name that is printed on it."""
    child = letter.student.given_name if letter.student_id else ""
    return {"schools": newcomers.school_names_of_letter(letter), "child": child}


def _entry(request, form):
    status = 422 if form.is_bound else 200
    return render(request, "registration/letter.html", {"form": form}, status=status)


def _already_registered(request):
    messages.info(request, ALREADY_REGISTERED)
    return _home()


def _home():
    return _without_letter(redirect("portal:home"))


def _without_letter(answer):
    """The response, with the code's cookie deleted."""
    code_cookies.delete_code_cookie(answer, LETTER)
    return answer
