"""Students with a first PIN, and staff who confirm it."""

import uuid

from django.urls import reverse

from apps.consent.models import Purpose
from apps.consent.services.decisions import withdraw
from apps.people.models import Student
from apps.signin.services import cards
from tests import factories

PIN = "7305"


ATTENDANCE = Purpose.ATTENDANCE


def again(cast):
    cast.sakura = Student.objects.get(pk=cast.sakura.pk)
    return cast


def a_class(cast, n):
    """``n`` more students of the class who have chosen a first PIN."""
    found = [factories.student(cast.class_1, f"せいと{k}", number=k + 2) for k in range(n)]
    for _, code in cards.issue_cards(found, by=cast.homeroom.user):
        cards.set_first_pin(code, PIN)
    return found


def pages(cast):
    of = [cast.class_1.pk]
    return (
        reverse("admin:signin_first_pins_class", args=of),
        reverse("admin:signin_first_pins_confirm", args=of),
    )


def ticks(answer):
    return [row.tick for row in answer.context["rows"]]


def end(cast):
    withdraw(student=cast.sakura, actor=cast.sakura.user, purpose=ATTENDANCE, form_key=uuid.uuid4())
