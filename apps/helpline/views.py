"""A student's helpline pages (たすけて ほしい・話したい). None of them needs consent."""

import uuid

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.helpline import ask_context, tickets
from apps.helpline.forms import HelpRequestForm, HiddenRequestForm
from apps.helpline.services import (
    duty_rosters,
    help_requests,
    routes,
    transitions,
)
from apps.helpline.services.recipients import offers_route
from apps.helpline.status_page import render_status
from apps.people.current_student import current_student
from apps.people.pin_reauthentication import (
    is_reauthenticated,
    pin_required,
    reauthentication_url,
)


@require_GET
def start(request):
    """The question about danger, before anything else."""
    current_student(request)
    return render(request, "helpline/start.html")


@require_GET
def now(request):
    """Page for who is in danger or unsure: whom to reach at once."""
    current_student(request)
    return render(request, "helpline/now.html")


@require_http_methods(["GET", "POST"])
def ask(request):
    """The request form, with whom to talk and when somebody is on duty."""
    student = current_student(request)
    duty = duty_rosters.active_roster(student.school_id)
    route = routes.route_in_force(student.municipality_id)
    listed = duty_rosters.listed_people(duty) if duty else []
    posted = request.POST if request.method == "POST" else None
    form = HelpRequestForm(posted, listed=listed, has_route=offers_route(route, duty))
    if request.method == "POST" and form.is_valid():
        try:
            help_requests.send_help_request(student=student, **form.cleaned_data)
            return redirect("helpline:status")
        except transitions.OutsideLinesOnly:
            return render(request, "helpline/outside.html", status=409)
        except transitions.HelplineNotOpen:  # switched off while the form was open
            return render(request, "helpline/not_available.html", status=409)
        except transitions.CannotChangeRequest as error:
            form.add_error("wanted", str(error))
    context = ask_context.context_of(form, student, duty, route)
    if context is None:  # nobody reads it: no form, but other organisations
        return render(request, "helpline/not_available.html")
    form_key = uuid.uuid4()
    context |= {"form_key": form_key, "ticket": tickets.issue_ticket(student.pk, form_key)}
    return render(request, "helpline/ask.html", context, status=422 if form.is_bound else 200)


@require_GET
@pin_required
def reply(request):
    """Where the message about a reply leads: the PIN first, then the latest request."""
    current_student(request)
    return redirect("helpline:status")


@require_GET
def status(request, pk=None):
    """The status of a request (the latest, or an earlier one): sent, called, seen, answered."""
    student = current_student(request)
    own_requests = help_requests.requests_of(student)
    help_request = get_object_or_404(own_requests, pk=pk) if pk else own_requests.first()
    if help_request is None:
        return redirect("helpline:start")
    return render_status(request, student, help_request)


@require_POST
def hide(request, pk):
    """Hide a request from the own pages; the PIN proves that it is the student."""
    student = current_student(request)
    help_request = get_object_or_404(help_requests.requests_of(student), pk=pk)
    if not is_reauthenticated(request.session, student):
        return redirect(reauthentication_url(request.session, reverse("helpline:one", args=[pk])))
    help_requests.set_hidden(help_request, is_hidden=True)
    return redirect("helpline:start")


@require_http_methods(["GET", "POST"])
def hidden(request):
    """What the student has hidden, after the PIN; a POST shows one of them again."""
    student = current_student(request)
    if not is_reauthenticated(request.session, student):
        return redirect(reauthentication_url(request.session, reverse("helpline:hidden")))
    found = help_requests.hidden_requests_of(student)
    if request.method == "POST":
        pk = HiddenRequestForm(request.POST)
        help_request = get_object_or_404(found, pk=pk.cleaned_data["pk"]) if pk.is_valid() else None
        if help_request is None:
            return redirect("helpline:hidden")
        help_requests.set_hidden(help_request, is_hidden=False)
        return redirect("helpline:one", help_request.pk)
    return render(
        request, "helpline/hidden.html", {"hidden": found[: help_requests.EARLIER_SHOWN * 4]}
    )


@require_POST
def cancel(request, pk):
    """Cancel as the student; the PIN proves that it is the student."""
    student = current_student(request)
    help_request = get_object_or_404(help_requests.requests_of(student), pk=pk)
    if not is_reauthenticated(request.session, student):
        return redirect(reauthentication_url(request.session, reverse("helpline:one", args=[pk])))
    try:
        help_requests.cancel_help_request(help_request, by=request.user)
    except transitions.CannotChangeRequest as error:
        if student.has_unconfirmed_pin:  # else the status page says what happened first
            messages.warning(request, str(error))
    return redirect("helpline:one", pk)
