"""The page of one help request, as the student reads it."""

import uuid

from django.shortcuts import render

from apps.helpline import ask_context, words
from apps.helpline.services import calling_status, help_requests, talk
from apps.helpline.timeline import timeline_of
from apps.people.pin_reauthentication import is_reauthenticated, reauthentication_url


def render_status(request, student, help_request, unsent=None):
    """The page of one request; ``unsent`` is a form of what could not be sent."""
    is_halted, reads = (
        calling_status.is_calling_halted(),
        is_reauthenticated(request.session, student),
    )
    context = {
        "timeline": timeline_of(help_request, student, is_halted=is_halted, reads=reads),
        "help_request": help_request,
    }
    prove = "" if reads else reauthentication_url(request.session, request.path)
    context |= {"reads": reads, "prove": prove}
    context |= {
        "may_write": reads and talk.may_write_back(help_request),
        "unsent": unsent,
        "form_key": uuid.uuid4(),
        "talk_answers": words.TALK_ANSWERS.items(),
    }
    context["halted"] = words.HALTED if is_halted else []
    context["answer_way"] = words.ANSWER_WAYS[help_request.answer_way]
    own_requests = help_requests.requests_of(student)
    context["earlier"] = own_requests.exclude(pk=help_request.pk)[: help_requests.EARLIER_SHOWN]
    return render(
        request,
        "helpline/status.html",
        context | ask_context.hours_of_request(help_request, student),
        status=422 if unsent else 200,
    )
