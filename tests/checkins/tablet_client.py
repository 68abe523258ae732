"""A tablet page without network, in Python: encrypts answers with what the form carries."""

import base64
import hashlib
import json
import uuid

from django.urls import reverse

from apps.checkins import hpke
from apps.checkins.services.late_deliveries import sealing_envelope
from apps.checkins.services.question_sets import current_question_set

DELIVER = reverse("checkins:deliver")


def opened(student, code="daily", client_key=None):
    """(client key, SealingEnvelope) as the form of this student carries them."""
    client_key = client_key or uuid.uuid4()
    return client_key, sealing_envelope(student, current_question_set(code), client_key)


def sealed(form, answers, *, elapsed=5, **changed):
    """One item of a delivery, as the page writes it; ``changed`` overrides what is sealed."""
    client_key, envelope_ = form
    content = {"ticket": envelope_.ticket, "answers": answers, "elapsed": elapsed, **changed}
    context = hpke.sealing_context(envelope_.key_id, client_key)
    body = hpke.seal_body(base64.b64decode(envelope_.point), json.dumps(content).encode(), context)
    return {
        "key": str(client_key),
        "sealed_to": str(envelope_.key_id),
        "body": base64.b64encode(body).decode(),
    }


def deliver(client, *items):
    """POST a delivery; the states in order, each answered by its own key and digest."""
    answer = client.post(DELIVER, json.dumps({"items": items}), content_type="application/json")
    assert answer.status_code == 200, answer.content
    found = answer.json()["items"]
    assert [each["key"] for each in found] == [item["key"] for item in items]
    assert [each["sha256"] for each in found] == [
        hashlib.sha256(base64.b64decode(item["body"])).hexdigest() for item in items
    ]
    return [each["state"] for each in found]
