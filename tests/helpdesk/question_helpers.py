"""A question that is asked through its form."""

import uuid

from django.urls import reverse

from apps.helpdesk.models import SupportQuestion
from apps.helpdesk.services import questions
from tests.browser import form_on

WORDS = "カードで 入れません"


def typed(page, **more):
    """What the form of this page sends."""
    return form_on(page, having="form_key") | {
        "topic": "card", "text": WORDS, "reply_way": "none", **more,
    }  # fmt: skip


def asked(cast, person=None, **more):
    """A stored question of a person of the cast (さくら)."""
    person = person or cast.sakura
    asker = questions.Asker(person.user, cast.city)
    given = {"topic": "card", "text": WORDS, "reply_way": "inbox", "form_key": uuid.uuid4()}
    return questions.ask_question(asker, side="student", **(given | more))


def send(client, *, page=None, address=None, **more):
    """Post the form as a person does; the response."""
    address = address or reverse("helpdesk:ask")
    return client.post(address, typed(page or client.get(address), **more))


def newest():
    return SupportQuestion.objects.latest("asked_at")
