"""A help request, and who was called."""

import uuid

from django.urls import reverse

from apps.helpline.models import EscalationStepState
from apps.helpline.services import help_requests

TEN = "2026-11-24T10:00+09:00"  # a Tuesday


STATUS = reverse("helpline:status")


def send(c, student=None, **more):
    more = {"wanted": "anyone", "form_key": uuid.uuid4(), **more}
    return help_requests.send_help_request(student=student or c.sakura, **more)


def called(help_request):
    return [
        (step.kind, [call.role for call in step.calls.all()])
        for step in help_request.steps.filter(state=EscalationStepState.DONE)
    ]
