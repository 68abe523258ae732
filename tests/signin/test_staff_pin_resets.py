"""A PIN that staff reset: told to the student, and closed until somebody else confirms."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.checkins.services.question_sets import current_question_set
from apps.checkins.services.submissions import submit
from apps.consent.models import Purpose
from apps.consent.services.decisions import decide
from apps.consent.services.purpose_status import CannotDecide
from apps.core import clock
from apps.disclosure.services import personal_data
from apps.disclosure.services.corrections import corrections_by
from apps.helpline.services import help_requests, transitions
from apps.people.models import PendingAct, StaffPost, Student
from apps.people.services import pending_acts
from apps.push.models import Broadcast
from apps.signin.models import LoginCard, PinReset
from apps.signin.services import cards, pin_resets
from tests import factories
from tests.signin.own_words_helpers import (
    NEW_PIN,
    PIN,
    REPLY,
    WORDS,
    confirm,
    own_pages,
    reset,
    signed_in,
)


def test_a_reset_is_told_to_the_student_for_thirty_days_and_on_their_devices(wrote, client):
    reset(wrote)
    created = PinReset.objects.get()
    assert Broadcast.objects.get(topic=created.pk.hex).user_ids == [wrote.sakura.user_id]
    event = AuditEvent.objects.get(action=Action.CARD_RESET)
    assert (event.actor, event.actor_role) == (wrote.homeroom.user, "homeroom")
    for days, is_shown in ((0, True), (29, True), (31, False)):
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            signed_in(client, wrote.code, NEW_PIN)
            page = client.get("/").content.decode()
            assert ("めなおせる" in page) is is_shown, days
            if is_shown:
                assert "担任" in page


@pytest.mark.parametrize("who", ["principal", "officer", "nurse", "counsellor"])
def test_nobody_else_resets_a_pin(wrote, who):
    with pytest.raises(pending_acts.CannotAct):
        pin_resets.reset_pin(
            wrote.sakura, by=getattr(wrote, who).user, reason="わすれて 本人が 来たため"
        )
    assert cards.sign_in_with_card(wrote.code, PIN)


def test_a_reset_without_a_reason_changes_nothing(wrote, sign_in):
    page = reverse("admin:registration_pin_reset", args=[wrote.class_1.pk, wrote.sakura.pk])
    assert sign_in(wrote.homeroom.user).post(page, {"reason": ""}).status_code == 422
    assert cards.sign_in_with_card(wrote.code, PIN)


def test_the_page_resets_one_student_of_the_own_class(wrote, sign_in):
    desk = sign_in(wrote.homeroom.user)
    page = reverse("admin:registration_pin_reset", args=[wrote.class_1.pk, wrote.sakura.pk])
    assert desk.post(page, {"reason": "わすれて 本人が 来たため"}).status_code == 302
    assert LoginCard.objects.valid().get().pin_digest is None
    other = reverse("admin:registration_pin_reset", args=[wrote.class_2.pk, wrote.ren.pk])
    assert desk.get(other).status_code == 404


def test_what_was_written_before_a_reset_stays_closed_until_somebody_else_confirms(wrote, sign_in):
    student = reset(wrote)
    client = sign_in(student.user)  # with the new PIN typed just now
    for address, how in own_pages(wrote):
        body = getattr(client, how)(address).content.decode()
        assert WORDS not in body, address
        assert REPLY not in body, address
    assert corrections_by(student.user, student) == []
    confirm(wrote)
    client = sign_in(Student.objects.get(pk=student.pk).user)
    bodies = "".join(getattr(client, how)(a).content.decode() for a, how in own_pages(wrote))
    assert WORDS in bodies
    assert REPLY in bodies


def test_an_answer_of_an_earlier_day_that_comes_after_a_reset_stays_closed(wrote, sign_in):
    student = reset(wrote)
    submit(
        student=student, question_set=current_question_set(), client_key=uuid.uuid4(),
        answers={"mood": 1, "words": WORDS}, answered_on=clock.today() - timedelta(days=1),
    )  # fmt: skip
    client = sign_in(student.user)
    for address, how in own_pages(wrote):
        assert WORDS not in getattr(client, how)(address).content.decode(), address


def test_after_a_reset_asking_for_help_goes_on_and_is_read_with_the_pin(wrote, sign_in):
    student = reset(wrote)
    help_requests.send_help_request(
        student=student, wanted="nurse", words="また はなしたい", form_key=uuid.uuid4()
    )
    rows = personal_data.data_parts(student, student.user, "student")
    (helps,) = [part for part in rows if part.code == "helps"]
    assert [row["said"]["words"] for row in helps.rows] == ["また はなしたい"]


def test_nothing_is_cancelled_or_agreed_to_until_the_reset_is_confirmed(wrote):
    student = reset(wrote)
    later = help_requests.send_help_request(
        student=student, wanted="nurse", words="", form_key=uuid.uuid4()
    )
    with pytest.raises(transitions.CannotChangeRequest):
        help_requests.cancel_help_request(later, by=student.user)
    factories.policy(wrote.city, Purpose.GRADES)
    factories.document(wrote.city, Purpose.GRADES)
    given = {Purpose.GRADES: "given"}
    with pytest.raises(CannotDecide):
        decide(student=student, actor=student.user, answers=given, form_key=uuid.uuid4())
    confirm(wrote)
    student = Student.objects.get(pk=student.pk)
    help_requests.cancel_help_request(later, by=student.user)
    decide(student=student, actor=student.user, answers=given, form_key=uuid.uuid4())


def test_no_page_of_the_guardian_differs_by_a_reset(wrote, sign_in):
    pages = [
        "/", reverse("consent:overview", args=[wrote.sakura.pk]),
        reverse("disclosure:access_log", args=[wrote.sakura.pk]),
        reverse("disclosure:personal_data", args=[wrote.sakura.pk]), reverse("notices:inbox"),
    ]  # fmt: skip
    client = sign_in(wrote.midori.user)
    for page in pages:  # what a first visit marks as read
        client.get(page)
    before = [_without_tokens(client.get(page)) for page in pages]
    reset(wrote)
    for page, then in zip(pages, before, strict=True):
        assert set(_without_tokens(client.get(page))) ^ set(then) == set(), page


def _without_tokens(answer):
    lines = answer.content.decode().splitlines()
    of_the_moment = ("csrfmiddlewaretoken", "form_key", "data-left")
    return [line for line in lines if not any(name in line for name in of_the_moment)]


def test_nobody_confirms_before_the_pin_is_chosen(wrote):
    pin_resets.reset_pin(wrote.sakura, by=wrote.homeroom.user, reason="わすれて 本人が 来たため")
    with pytest.raises(pending_acts.CannotAct):
        confirm(wrote)
    cards.set_first_pin(wrote.code, NEW_PIN)
    confirm(wrote)
    assert not Student.objects.get(pk=wrote.sakura.pk).has_unconfirmed_pin


def test_the_confirmation_of_one_pin_does_not_cover_a_later_one(wrote):
    reset(wrote)
    act = PendingAct.objects.get(kind="pin.reset", stopped_at=None)
    pending_acts.confirm(act, by=wrote.nurse.user)  # and before it is noted:
    student = reset(wrote)
    pin_resets.apply_resets()
    student.refresh_from_db()
    assert student.has_unconfirmed_pin
    assert cards.sign_in_with_card(wrote.code, NEW_PIN)


def test_nobody_who_holds_the_sheet_confirms(wrote):
    pin_resets.reset_pin(wrote.sakura, by=wrote.helpdesk.user, reason="担任から 電話が 来たため")
    cards.set_first_pin(wrote.code, NEW_PIN)
    act = PendingAct.objects.get(kind="pin.reset", stopped_at=None)
    with pytest.raises(pending_acts.CannotAct):
        pending_acts.confirm(act, by=wrote.homeroom.user)
    StaffPost.objects.create(
        municipality=wrote.city, school=wrote.school, school_class=wrote.class_1,
        role="homeroom", name="ほけんの先生", user=wrote.nurse.user,
    )  # fmt: skip
    nurse = type(wrote.nurse.user).objects.get(pk=wrote.nurse.user.pk)
    with pytest.raises(pending_acts.CannotAct):  # two posts: the sheet is theirs as well
        pending_acts.confirm(act, by=nurse)
    pending_acts.confirm(act, by=wrote.principal.user)
