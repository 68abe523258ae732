"""Questions about the portal: from whoever, once, without programs, answered where they asked."""

import re
import uuid

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.core import clock
from apps.helpdesk import question_forms
from apps.helpdesk.models import SupportQuestion
from apps.helpdesk.services import question_queue, questions
from apps.mail.services.delivery import send_due
from apps.people.models import Student
from tests.helpdesk.question_helpers import WORDS, asked, newest, send, typed
from tests.ruby_readings import kanji_without_reading

ASK = "/guide/ask/"


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(question_forms, "TOO_FAST", question_forms.TOO_FAST * 0)


def test_a_student_asks_once_and_reads_the_reply(cast, sign_in):
    client = sign_in(cast.sakura.user)
    page = client.get(ASK)
    assert kanji_without_reading(page.text) == []
    assert "0120-0-78310" in page.text
    first = send(client, page=page, reply_way="inbox")
    assert (first.status_code, first.url) == (302, reverse("helpdesk:questions"))
    assert client.post(ASK, typed(page, reply_way="inbox")).status_code == 302  # sent twice
    row = SupportQuestion.objects.get()
    assert (row.side, row.student, row.school) == ("student", cast.sakura, cast.school)
    assert (row.municipality, row.text) == (cast.city, WORDS)
    assert AuditEvent.objects.filter(action=Action.SUPPORT_ASKED, audience="office").count() == 1
    assert reverse("helpdesk:questions") not in client.get("/").text
    question_queue.reply_to_question(
        row, by=cast.helpdesk.user, text="先生に言ってください。", form_key=row.pk, seen=1
    )
    assert reverse("helpdesk:questions") in client.get("/").text
    own = client.get(reverse("helpdesk:questions"))
    assert "先生に言ってください。" in own.text
    assert 'href="/guide/questions/"' not in client.get("/").text
    assert WORDS not in sign_in(cast.midori.user).get(reverse("helpdesk:questions")).text


def test_own_questions_open_behind_the_pin_and_not_to_who_has_reset_it(cast, sign_in):
    row = asked(cast)
    question_queue.reply_to_question(
        row, by=cast.helpdesk.user, text="先生のことは…", form_key=row.pk, seen=1
    )
    own, left_open = reverse("helpdesk:questions"), sign_in(cast.sakura.user, proved=False)
    assert left_open.get(own).url == reverse("signin:prove")
    assert send(left_open).url == reverse("helpdesk:asked")  # sending never asks for it
    assert own in sign_in(cast.sakura.user).get("/").text
    Student.objects.filter(pk=cast.sakura.pk).update(
        pin_reset_at=clock.now(), pin_chosen_at=clock.now(), pin_reset_by=cast.homeroom.user
    )
    teacher = sign_in(cast.sakura.user)
    assert WORDS not in teacher.get(own).text
    assert own not in teacher.get("/").text
    Student.objects.filter(pk=cast.sakura.pk).update(pin_reset_confirmed_at=clock.now())
    row.refresh_from_db()
    assert row.has_new_reply  # still waits for the student
    assert "先生のことは" in sign_in(cast.sakura.user).get(own).text


def test_the_same_form_at_the_same_moment_is_one_question(cast, monkeypatch):
    key, may_ask = uuid.uuid4(), questions._may_ask

    def other_click_first(*given):
        monkeypatch.setattr(questions, "_may_ask", may_ask)
        asked(cast, form_key=key)
        return True

    monkeypatch.setattr(questions, "_may_ask", other_click_first)
    assert asked(cast, form_key=key) == SupportQuestion.objects.get()


def test_the_words_and_the_address_lie_sealed(cast, client):
    send(client, side="guardian", reply_way="mail", mail="neko@example.com",
         address=f"{ASK}?city={cast.city.code}")  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT text, mail FROM helpdesk_supportquestion")
        assert all(value.startswith("sealed:") for value in cursor.fetchone())
    row = newest()
    assert (row.text, row.mail) == (WORDS, "neko@example.com")
    assert (row.asked_by, row.side, row.student) == (None, "guardian", None)


def test_wrong_forms_are_shown_again_and_store_nothing(cast, client, sign_in):
    page = client.get(ASK)  # two cities: a visitor names the school
    assert client.post(ASK, typed(page, side="guardian")).status_code == 422
    for wrong in (
        {"topic": "x"}, {"text": ""}, {"text": "あ" * 501}, {"reply_way": "inbox"}, {"side": "x"},
        {"reply_way": "mail"}, {"reply_way": "mail", "mail": "neko"}, {"school": "x"},
        {"form_key": "x"}, {"form_key": ""}, {"text": "\x00"},
    ):  # fmt: skip
        form = typed(page, side="guardian", school=str(cast.school.pk)) | wrong
        assert client.post(ASK, form).status_code in (400, 422), wrong
    assert sign_in(cast.sakura.user).post(ASK, {"text": "あ" * 201}).status_code == 422
    assert SupportQuestion.objects.count() == 0
    good = typed(page, side="guardian", school=str(cast.school.pk))
    assert client.post(ASK, good).url == reverse("helpdesk:asked")
    assert newest().school == cast.school
    assert client.get(reverse("helpdesk:asked")).status_code == 200
    assert client.put(ASK).status_code == 405


def test_programs_are_thanked_and_heard_by_nobody(cast, client, monkeypatch):
    place = {"side": "guardian", "school": str(cast.school.pk)}
    assert send(client, website="http://spam.example", **place).status_code == 302
    assert SupportQuestion.objects.count() == 0
    monkeypatch.setattr(
        question_forms, "TOO_FAST", question_forms.TOO_FAST + question_forms.VALID_FOR
    )
    assert send(client, **place).status_code == 422  # faster than anybody reads
    assert SupportQuestion.objects.count() == 0


def test_too_many_are_refused_with_a_sentence(cast, sign_in):
    client = sign_in(cast.midori.user)
    answers = [send(client).status_code for _ in range(12)]
    assert answers == [302] * 10 + [422] * 2
    assert SupportQuestion.objects.count() == 10


def test_a_reply_by_mail_waits_until_the_address_is_confirmed(cast, client):
    send(client, side="guardian", reply_way="mail", mail="neko@example.com",
         school=str(cast.school.pk))  # fmt: skip
    row = newest()
    send_due()
    (first,) = mail.outbox
    assert first.to == ["neko@example.com"]
    assert WORDS not in first.body
    reply = question_queue.reply_to_question(
        row, by=cast.helpdesk.user, text="カードを 出しなおします。", form_key=row.pk, seen=1
    )
    send_due()
    assert (len(mail.outbox), reply.mailed_at) == (1, None)
    link = re.search(r"/guide/confirm/\S+", first.body)[0]
    assert client.get(link).status_code == 200
    assert client.get(reverse("helpdesk:confirm_mail", args=["x"])).status_code == 200
    row.refresh_from_db()
    assert row.mail_confirmed_at is None  # a program that opens links confirms nothing
    assert client.post(reverse("helpdesk:confirm_mail", args=["x"])).status_code == 200
    assert client.post(link).status_code == 302
    assert client.post(link).status_code == 302
    send_due()
    assert [message.to for message in mail.outbox] == [["neko@example.com"]] * 2
    assert "カードを 出しなおします。" in mail.outbox[1].body


def test_a_guardian_gets_mail_only_at_the_confirmed_address(cast, sign_in):
    client = sign_in(cast.midori.user)
    assert send(client, reply_way="mail", mail="other@example.com").status_code == 422
    EmailAddress.objects.create(user=cast.midori.user, email="midori@example.com", verified=True,
                                primary=True)  # fmt: skip
    assert send(client, reply_way="mail", mail="other@example.com").status_code == 302
    row = newest()
    assert (row.mail, row.may_mail, row.student) == ("midori@example.com", True, None)
    question_queue.reply_to_question(
        row, by=cast.helpdesk.user, text="はい", form_key=row.pk, seen=1
    )
    send_due()
    assert [message.to for message in mail.outbox] == [["midori@example.com"]]


def test_no_reply_goes_to_an_address_that_the_guardian_gave_up(cast, sign_in):
    own = EmailAddress.objects.create(
        user=cast.midori.user, email="shared@example.com", verified=True, primary=True
    )
    assert send(sign_in(cast.midori.user), reply_way="mail").status_code == 302
    own.delete()  # somebody else reads that mailbox
    reply = question_queue.reply_to_question(
        newest(), by=cast.helpdesk.user, text="はい", form_key=newest().pk, seen=1
    )
    send_due()
    assert (mail.outbox, reply.mailed_at) == ([], None)
    assert reverse("helpdesk:questions") in sign_in(cast.midori.user).get("/").text


def test_staff_ask_too(cast, sign_in):
    assert send(sign_in(cast.nurse.user), topic="files").status_code == 302
    assert (newest().side, newest().municipality) == ("staff", cast.city)
    assert asked(cast, cast.midori).side == "guardian"
