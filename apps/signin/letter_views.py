"""Coming in by a letter of the school: the code, who writes, and who the newcomer is."""

from dataclasses import asdict

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.audit.models import SecurityKind
from apps.people.security import note
from apps.signin import carried_codes, codes, services, staff_devices
from apps.signin.brought_letters import letter_in
from apps.signin.carried_codes import LETTER
from apps.signin.forms import CodeForm
from apps.signin.newcomer_form import KnownToForm, NewcomerForm, TieForm
from apps.signin.services import coming_in, said_names
from apps.signin.services.letters import NOT_USABLE
from apps.signin.student_devices import had_student

THERE_ALREADY = "このお子さんの保護者として、もう登録されています。"
CAME_ALREADY = "この手紙では、もう登録しています。"


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def letter_entry(request: HttpRequest) -> HttpResponse:
    """The letter's code, scanned or typed like a card's."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        answer = redirect("signin:letter_door")
        carried_codes.keep(answer, LETTER, codes.normal(form.cleaned_data["code"]))
        return answer
    return _entry(request, form)


@login_not_required
@never_cache
@require_safe
def letter_door(request: HttpRequest) -> HttpResponse:
    """Who writes, and the two ways on: new account or sign-in. Who is in goes on at once."""
    if request.user.is_authenticated:
        return redirect("signin:accept")
    try:
        letter = _working_letter(request)
    except services.CannotAccept as error:
        note(SecurityKind.SIGN_IN_FAILED, detail="letter")
        form = CodeForm({"code": ""})
        form.errors.clear()
        form.add_error(None, str(error))
        return _entry(request, form)
    return render(request, "signin/letter_door.html", _about(letter))


@never_cache
@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest) -> HttpResponse:
    """「この手紙の保護者です」: the school then confirms that it was the guardian who came.

    A letter with which this account has come before leads to what it said, or its first screen.
    """
    try:
        coming_in.refuse_account(request.user)
        letter = _working_letter(request)
        coming_in.check_letter(letter, request.user)
        if letter.student_id:
            return _accept_child_letter(request, letter)
        return _accept_own_letter(request, letter)
    except services.CannotAccept as error:
        if services.has_arrived(carried_codes.code_in(request, LETTER), request.user):
            return _came_before(request)
        note(SecurityKind.SIGN_IN_FAILED, user=request.user, detail="letter")
        refused = render(request, "signin/letter_refused.html", {"why": str(error)}, status=422)
        return _without_letter(refused)


def _accept_child_letter(request, letter):
    """A letter of a child: the newcomer says who they are. Raises CannotAccept."""
    if coming_in.is_guardian_already(letter, request.user):
        messages.info(request, THERE_ALREADY)
        return _home()
    if _waits(letter, request.user):
        return _without_letter(redirect("signin:said", letter.student_id))
    guardian = coming_in.known_as(request.user, letter)
    known = said_names.of_newcomer(guardian) if guardian else None
    asks_names = guardian is None or not coming_in.keeps_names(guardian)
    kind = NewcomerForm if asks_names else TieForm
    sent = request.POST if request.method == "POST" else None
    form = kind(sent, initial=asdict(known) if known else None)
    if request.method == "POST" and form.is_valid():
        newcomer = form.newcomer(
            on_students_device=had_student(request),
            staff_on_device=staff_devices.staff_on(request, letter.municipality_id),
        )
        coming_in.accept_child_letter(letter, request.user, newcomer)
        return _home()
    context = _about(letter) | {"form": form, "known": None if asks_names else known}
    status = 422 if form.is_bound else 200
    return render(request, "signin/newcomer.html", context, status=status)


def _accept_own_letter(request, letter):
    """A letter to a guardian whom the roster names. Raises CannotAccept."""
    form = KnownToForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        code = carried_codes.code_in(request, LETTER)
        there = staff_devices.staff_on(request, letter.municipality_id)
        services.accept_invitation(code, request.user, staff_on_device=there, **form.known_to())
        return _home()
    status = 422 if form.is_bound else 200
    return render(request, "signin/accept.html", _about(letter) | {"form": form}, status=status)


def _waits(letter, user):
    """Whether this account waits by a letter of this child."""
    return services.arrivals_waiting_as(user).filter(student=letter.student_id).exists()


def _working_letter(request):
    """The letter this browser brought. Raises CannotAccept where it leads nowhere today."""
    letter = letter_in(request)
    if not coming_in.letter_works(letter):
        raise services.CannotAccept(NOT_USABLE)
    return letter


def _about(letter):
    """What a page may say of a letter: the school, and the given name that is printed on it."""
    child = letter.student.given_name if letter.student_id else ""
    return {"schools": coming_in.school_names(letter), "child": child}


def _entry(request, form):
    status = 422 if form.is_bound else 200
    return render(request, "signin/letter.html", {"form": form}, status=status)


def _came_before(request):
    messages.info(request, CAME_ALREADY)
    return _home()


def _home():
    return _without_letter(redirect("portal:home"))


def _without_letter(answer):
    """The answer, after which the browser no longer holds the code."""
    carried_codes.drop(answer, LETTER)
    return answer
