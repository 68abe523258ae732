"""Registered guardians of a child, as the student and other guardians see them; ending one's own."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.people.pin_reauthentication import pin_required
from apps.registration.services import family_registrations, own_guardianships
from apps.registration.words import relation_to_student
from apps.signin.account_pages import has_proved_lately, redirect_to_reauthentication

OBJECTED = _("学校に伝えました。学校が確かめます。登録は、それまでそのままです。")
ENDED = _("お子さんとの登録を終わらせました。")


@never_cache
@require_safe
@pin_required
def my_guardians(request: HttpRequest) -> HttpResponse:
    """The relations registered for this student: no names, nothing of what they may do."""
    student = getattr(request.user, "student", None)
    if student is None:
        raise Http404
    relations = [
        relation_to_student(each) for each in family_registrations.guardian_relations_of(student)
    ]
    return render(request, "registration/my_guardians.html", {"relations": relations})


@never_cache
@require_http_methods(["GET", "POST"])
def object_to_registration(request: HttpRequest, registration_id, student_id) -> HttpResponse:
    """「心当たりがない」: a guardian objects; the school looks into it."""
    shown = family_registrations.other_registrations(request.user)
    line = next(
        (t for t in shown if (t.registration.pk, t.student.pk) == (registration_id, student_id)),
        None,
    )
    if line is None:
        raise Http404
    if request.method == "POST":
        family_registrations.object_to_registration(registration_id, student_id, by=request.user)
        messages.success(request, OBJECTED)
        return redirect("portal:home")
    return render(request, "registration/objection.html", {"line": line})


@never_cache
@require_safe
def guardianship_list(request: HttpRequest) -> HttpResponse:
    """The children of this account, with a link to end each guardianship."""
    return render(
        request,
        "registration/own_guardianships.html",
        {"guardianships": own_guardianships.list_own_guardianships(request.user)},
    )


@never_cache
@require_safe
def ask_end_guardianship(request: HttpRequest, student_id) -> HttpResponse:
    """Ask for confirmation: what stops when this guardianship ends."""
    return render(
        request,
        "registration/ask_end_guardianship.html",
        {"guardianship": _guardianship_or_404(request, student_id)},
    )


@never_cache
@require_http_methods(["GET", "POST"])
def end_guardianship(request: HttpRequest, student_id) -> HttpResponse:
    """End the guardianship of a reauthenticated guardian."""
    guardianship = _guardianship_or_404(request, student_id)
    if not has_proved_lately(request):
        return redirect_to_reauthentication(request, request.path)
    if request.method == "POST":
        own_guardianships.end_own_guardianship(student_id, by=request.user)
        messages.success(request, ENDED)
        return redirect("portal:home")
    return render(request, "registration/end_guardianship.html", {"guardianship": guardianship})


def _guardianship_or_404(request, student_id):
    found = [
        guardianship
        for guardianship in own_guardianships.list_own_guardianships(request.user)
        if guardianship.student_id == student_id
    ]
    if not found:
        raise Http404
    return found[0]
