"""たすけて ほしい・話したい: the student's pages. None of them needs consent."""

import uuid
from contextlib import suppress

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.consent.words import NOBODY, ROLES
from apps.helpline import services, wording
from apps.helpline.forms import AskForm
from apps.helpline.models import HelpRequest, HelpState


@require_GET
def start(request):
    """The danger question, before anything else."""
    _student(request)
    return render(request, "helpline/start.html")


@require_GET
def now(request):
    """In danger, or not sure: whom to reach at once."""
    _student(request)
    return render(request, "helpline/now.html")


@require_http_methods(["GET", "POST"])
def ask(request):
    """With whom to talk, and the truth about when somebody looks."""
    student = _student(request)
    duty = services.duty_of(student.school_id)
    if duty is None:  # nobody would look: no form, but the places that do
        return render(request, "helpline/not_here.html")
    form = AskForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.ask(student=student, **form.cleaned_data)
        except services.NotOpen:  # switched off while the form was open
            return render(request, "helpline/not_here.html", status=409)
        return redirect("helpline:status")
    context = {"form": form, "form_key": uuid.uuid4(), "secrecy": wording.SECRECY}
    context |= _hours(duty)
    return render(request, "helpline/ask.html", context, status=422 if form.is_bound else 200)


@require_GET
def status(request):
    """What became of the latest wish: sent, seen by which role, answered."""
    student = _student(request)
    latest = services.latest_for(student)
    if latest is None:
        return redirect("helpline:start")
    context = {"latest": latest, "may_cancel": HelpState.CANCELLED in services.MOVES[latest.state]}
    context["seen_by"] = _role(latest.seen_role)
    context["replies"] = [
        (_role(reply.replied_role), reply.replied_at, content)
        for reply, content in services.replies_to(latest, student=student)
    ]
    duty = services.duty_of(student.school_id)
    return render(request, "helpline/status.html", context | (_hours(duty) if duty else {}))


@require_POST
def cancel(request, pk):
    """The student takes the wish back."""
    student = _student(request)
    wish = get_object_or_404(HelpRequest.objects.filter(student=student), pk=pk)
    with suppress(services.CannotMove):  # the status page says what came first
        services.cancel(wish, by=request.user)
    return redirect("helpline:status")


def _hours(duty):
    watch = services.watch_of(duty)
    return {"watch": watch, "watcher": _role(services.watcher_of(duty))}


def _role(role):
    return ROLES.get(str(role), NOBODY)[1]


def _student(request):
    student = getattr(request.user, "student", None)
    if student is None or not student.is_enrolled:
        raise Http404("only a student asks here")
    return student
