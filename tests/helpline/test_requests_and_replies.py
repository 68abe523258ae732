"""Help requests are sent, seen, answered; without consent; each step once and audited."""

import uuid

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.helpline.models import HelpReply, HelpRequest, HelpState
from apps.helpline.services import (
    escalation,
    help_requests,
    transitions,
)
from apps.helpline.services import (
    replies as helpline_replies,
)
from apps.people.models import Role, StaffPost
from apps.push.models import Broadcast
from apps.vault.services.sealed_content import OpeningReason
from tests.records import actors_of


def send(student, key=None, **content):
    return help_requests.send_help_request(
        student=student, wanted="nurse", form_key=key or uuid.uuid4(),
        **{"topic": "friends", "words": "はなしたい", **content},
    )  # fmt: skip


def actions():
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


def test_asking_needs_no_consent_and_is_sealed(on_duty):
    request = send(on_duty.ren)
    assert request.state == HelpState.SENT
    assert "はなしたい".encode() not in bytes(HelpRequest.objects.get().sealed)
    assert help_requests.latest_request(on_duty.ren) == request


def test_the_same_form_twice_is_one_request(on_duty):
    key = uuid.uuid4()
    assert send(on_duty.sakura, key) == send(on_duty.sakura, key)
    assert HelpRequest.objects.count() == 1


def test_with_nobody_on_duty_anywhere_it_is_refused_with_a_sentence(cast):
    StaffPost.objects.filter(pk=cast.officer.pk).update(role=Role.HELPDESK)
    with pytest.raises(transitions.HelplineNotOpen, match="。"):
        send(cast.sakura)


@pytest.mark.parametrize("bad", [{"topic": "gossip"}, {"words": "あ" * 201}])
def test_bad_content_is_refused(on_duty, bad):
    with pytest.raises((ValueError, transitions.CannotChangeRequest)):
        send(on_duty.sakura, **bad)
    assert not HelpRequest.objects.exists()


def test_seeing_opens_marks_and_records(on_duty):
    request = send(on_duty.sakura)
    content, replies = helpline_replies.open_request(
        request, actor=on_duty.nurse.user, reason=OpeningReason.STUDENT_ASKED
    )
    assert content == {"wanted": "nurse", "topic": "friends", "words": "はなしたい"}
    assert replies == []
    request.refresh_from_db()
    assert (request.state, request.seen_role) == (HelpState.SEEN, "nurse")
    assert actions()[-2:] == [Action.SEALED_OPENED, Action.HELP_SEEN]
    assert actors_of(Action.HELP_REQUESTED) == [on_duty.sakura.user]


def test_the_first_to_look_stays_the_one_who_saw(on_duty):
    request = send(on_duty.sakura)
    helpline_replies.open_request(
        request, actor=on_duty.nurse.user, reason=OpeningReason.STUDENT_ASKED
    )
    helpline_replies.open_request(
        request, actor=on_duty.principal.user, reason=OpeningReason.SAFETY
    )
    request.refresh_from_db()
    assert request.seen_role == "nurse"


@pytest.mark.parametrize("who", ["officer", "helpdesk", "away_nurse"])
def test_outsiders_cannot_see_or_answer(on_duty, who):
    request, actor = send(on_duty.sakura), getattr(on_duty, who).user
    with pytest.raises(PermissionDenied):
        helpline_replies.open_request(request, actor=actor, reason=OpeningReason.SAFETY)
    with pytest.raises(PermissionDenied):
        helpline_replies.send_reply(request, actor=actor, words="やあ", form_key=uuid.uuid4())
    request.refresh_from_db()
    assert request.state == HelpState.SENT
    assert not helpline_replies.requests_waiting_for(actor).exists()


def test_the_homeroom_teacher_of_another_class_cannot_see(on_duty):
    request = send(on_duty.ren)
    assert not helpline_replies.requests_waiting_for(on_duty.homeroom.user).exists()
    with pytest.raises(PermissionDenied):
        helpline_replies.open_request(
            request, actor=on_duty.homeroom.user, reason=OpeningReason.SAFETY
        )


def test_a_reply_reaches_the_student_once(on_duty):
    request, key = send(on_duty.sakura), uuid.uuid4()
    for _ in range(2):
        helpline_replies.send_reply(request, actor=on_duty.nurse.user, words="きてね", form_key=key)
    assert HelpReply.objects.count() == 1
    request.refresh_from_db()
    assert request.state == HelpState.ANSWERED
    ((reply, words),) = help_requests.open_replies(request, student=on_duty.sakura)
    assert (reply.replied_role, words) == ("nurse", {"words": "きてね"})
    assert actions()[-1] == Action.HELP_ANSWERED


def test_taking_back_is_final(on_duty):
    request = send(on_duty.sakura)
    help_requests.cancel_help_request(request, by=on_duty.sakura.user)
    help_requests.cancel_help_request(request, by=on_duty.sakura.user)
    assert actions().count(Action.HELP_CANCELLED) == 1
    with pytest.raises(transitions.CannotChangeRequest, match="取り消しました"):
        helpline_replies.send_reply(
            request, actor=on_duty.nurse.user, words="やあ", form_key=uuid.uuid4()
        )


def test_an_answered_request_cannot_be_taken_back(on_duty):
    request = send(on_duty.sakura)
    helpline_replies.send_reply(
        request, actor=on_duty.nurse.user, words="きてね", form_key=uuid.uuid4()
    )
    with pytest.raises(transitions.CannotChangeRequest):
        help_requests.cancel_help_request(request, by=on_duty.sakura.user)


def test_the_longest_waiting_stands_first(on_duty):
    first, second = send(on_duty.sakura), send(on_duty.ren)
    assert list(helpline_replies.requests_waiting_for(on_duty.nurse.user)) == [first, second]
    assert not helpline_replies.requests_waiting_for(on_duty.homeroom.user).exists()


def broadcasts_to(user):
    return list(Broadcast.objects.filter(user_ids=[user.pk]).values_list("path", flat=True))


def test_the_first_contact_and_the_student_get_a_push_message_without_words(on_duty):
    with time_machine.travel("2026-11-24T10:00+09:00", tick=False):
        request = send(on_duty.sakura)
        escalation.escalate_due()
    helpline_replies.send_reply(
        request, actor=on_duty.nurse.user, words="きてね", form_key=uuid.uuid4()
    )
    assert broadcasts_to(on_duty.nurse.user) == [reverse("admin:helpline_open", args=[request.pk])]
    assert broadcasts_to(on_duty.counsellor.user) == []
    assert broadcasts_to(on_duty.sakura.user) == [reverse("helpline:reply")]
