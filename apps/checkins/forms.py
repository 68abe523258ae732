"""What comes with the answers; the answers themselves are checked against the questions."""

import base64
import json
import uuid
from dataclasses import dataclass

from django import forms

from apps.checkins.models import QuestionSet
from apps.checkins.services import Item, published_set
from apps.vault.services import Reason

OLD_PAGE = "ページが ｜古《ふる》く なって います。もう｜一度《いちど》 ｜送《おく》って ください。"


ITEMS_AT_ONCE = 50
ITEM_BYTES = 8 * 1024  # 200 characters and the seal need a fifth of it


class Unreadable(Exception):
    """Not a delivery at all."""


class OldPage(Exception):
    """The form is not one of ours or of a set that is gone; the message is for the student."""


@dataclass(frozen=True)
class Sent:
    """One form as it arrived: ``answers`` hold the set's own codes only, not yet checked."""

    question_set: QuestionSet
    client_key: uuid.UUID
    answers: dict


def read(data):
    """A Sent from a QueryDict. Raises OldPage.

    No django.forms: a whole school sends this at 08:30, and the answers are checked against
    the questions by services.submit anyway.
    """
    try:
        question_set = published_set(uuid.UUID(data.get("question_set", "")))
        client_key = uuid.UUID(data.get("client_key", ""))
    except (ValueError, QuestionSet.DoesNotExist) as error:
        raise OldPage(OLD_PAGE) from error
    codes = [question.code for question in question_set.questions.all()]
    return Sent(question_set, client_key, {code: data[code] for code in codes if code in data})


def read_delivery(body):
    """The Items of a delivery: {"items": [{"key", "sealed_to", "body" (base64)}]} (bytes).

    Raises Unreadable for anything else, and for more than ITEMS_AT_ONCE.
    """
    try:
        items = [_item(each) for each in json.loads(body)["items"]]
    except (ValueError, TypeError, KeyError) as error:
        raise Unreadable("not a delivery") from error
    if len(items) > ITEMS_AT_ONCE:
        raise Unreadable("too many at once")
    return items


def _item(each):
    body = base64.b64decode(each["body"], validate=True)
    if len(body) > ITEM_BYTES:
        raise ValueError("too long")
    return Item(uuid.UUID(each["key"]), uuid.UUID(each["sealed_to"]), body)


class ReasonForm(forms.Form):
    """Why the content is opened; the student and the guardian can read it."""

    reason = forms.ChoiceField(
        label="開く理由(本人と保護者も読めます)",
        choices=Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "開く理由をえらんでください。"},
    )
