"""Sending a help request with the card alone: the PIN is forgotten, or the card is locked.

Whoever holds the card may send and reads nothing: no name, no earlier request, no answer.
"""

import uuid

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.client_address import address_of
from apps.core.limits import allow
from apps.helpline import ask_context, words
from apps.helpline.forms import HelpRequestForm
from apps.helpline.models import AnswerWay
from apps.helpline.services import duty_rosters, help_requests, routes, transitions
from apps.helpline.services.recipients import offers_route
from apps.signin import code_cookies
from apps.signin.pin_first import is_pin_missing
from apps.signin.services.cards import find_card


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def by_card(request):
    """The form for who has read in a card and has no PIN; staff are named by role alone."""
    student, counted_by = _sender(request)
    if student is None or not student.is_enrolled:
        return redirect("signin:card_entry")
    duty = duty_rosters.active_roster(student.school_id)
    route = routes.route_in_force(student.municipality_id)
    posted = request.POST if request.method == "POST" else None
    form = HelpRequestForm(
        posted, has_route=offers_route(route, duty), initial={"answer_way": AnswerWay.PERSON}
    )
    if request.method == "POST" and form.is_valid():
        answer = _sent(request, student, counted_by, form)
        if answer is not None:
            return answer
    context = ask_context.context_of(form, student, duty, route)
    if context is None:
        return render(request, "helpline/not_available.html", {"by_card": True})
    context |= {"form_key": uuid.uuid4(), "by_card": True}
    if not context["halted"]:  # without what one reads only after signing in
        context["commitment"] = context["commitment"][:-1]
    return render(request, "helpline/ask.html", context, status=422 if form.is_bound else 200)


@login_not_required
@never_cache
@require_safe
def sent_by_card(request):
    """After sending: what happens now; the same for everybody, nothing is looked up."""
    return render(request, "helpline/sent_by_card.html")


def _sender(request):
    """(student, key of the limit) of who has read in a card, or came in by the school's account and
    has not typed the PIN; (None, "") of nobody.
    """
    code = code_cookies.code_of_request(request, code_cookies.CARD)
    card = find_card(code) if code else None
    if card is not None:
        return card.student, str(card.pk)
    student = getattr(request.user, "student", None)
    if student is not None and is_pin_missing(request):
        return student, str(student.pk)
    return None, ""


def _sent(request, student, counted_by, form):
    """The response after sending; None with the reason on the form."""
    allowed = [
        allow("card.request", counted_by),
        allow("card.request_address", address_of(request)),
    ]
    try:
        if not all(allowed):
            raise transitions.CannotChangeRequest(words.NOT_NOW_WITHOUT_PIN)
        help_requests.send_help_request(student=student, without_pin=True, **form.cleaned_data)
    except transitions.OutsideLinesOnly:
        return render(request, "helpline/outside.html", {"by_card": True}, status=409)
    except transitions.HelplineNotOpen:
        return render(request, "helpline/not_available.html", {"by_card": True}, status=409)
    except transitions.CannotChangeRequest as error:
        form.add_error("wanted", str(error))
        return None
    return redirect("helpline:sent_by_card")
