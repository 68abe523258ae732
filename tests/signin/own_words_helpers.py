"""A student who has written, staff who change the PIN, and the pages of own words."""

import uuid

from django.urls import reverse

from apps.helpline.services import help_requests, replies
from apps.people.models import PendingAct, Student
from apps.people.services import pending_acts
from apps.signin.services import cards, pin_resets
from apps.vault.services.sealed_content import OpeningReason

PIN, NEW_PIN = "7305", "8416"


PROVE = reverse("signin:prove")


WORDS, REPLY = "ひみつの ことば", "あした 話そう"


def answered(cast):
    """さくら's help request, which the nurse has answered."""
    created = help_requests.send_help_request(
        student=cast.sakura, wanted="nurse", words=WORDS, form_key=uuid.uuid4()
    )
    replies.open_request(created, actor=cast.nurse.user, reason=OpeningReason.STUDENT_ASKED)
    replies.send_reply(
        created, actor=cast.nurse.user, words=REPLY, form_key=uuid.uuid4(), seen=None
    )
    return created


def reset(cast, reason="わすれて 本人が 来たため"):
    pin_resets.reset_pin(cast.sakura, by=cast.homeroom.user, reason=reason)
    cards.set_first_pin(cast.code, NEW_PIN)
    return Student.objects.get(pk=cast.sakura.pk)


def confirm(cast):
    act = PendingAct.objects.get(kind="pin.reset", stopped_at=None)
    pending_acts.confirm(act, by=cast.nurse.user)
    pin_resets.apply_resets()


def signed_in(client, code, pin):
    client.post(reverse("signin:card_entry"), {"code": code})
    return client.post(reverse("signin:pin"), {"pin": pin})


def own_pages(cast):
    """[(URL, request options)] of all pages that show a student's own answers."""
    student = cast.sakura.pk
    return [
        (reverse("helpline:status"), "get"),
        (reverse("helpline:one", args=[cast.request.pk]), "get"),
        (reverse("checkins:days"), "get"),
        (reverse("disclosure:personal_data", args=[student]), "get"),
        (reverse("disclosure:personal_data_file", args=[student]), "post"),
        (reverse("disclosure:corrections", args=[student]), "get"),
    ]
