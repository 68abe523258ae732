"""A short word of staff on a check-in: read by the student alone, and never by who is not to know."""

import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from apps.audit.models import Action
from apps.checkins.models import CheckIn, StaffWord
from apps.checkins.services import retention, staff_words
from apps.checkins.services.question_sets import current_question_set, seed_questions
from apps.checkins.services.staff_words import CannotSendWord
from apps.checkins.services.submissions import submit
from apps.checkins.withheld_models import WordsExclusion
from apps.consent.models import Purpose
from apps.consent.services.decisions import withdraw
from apps.core import clock
from apps.core.clock import today
from apps.disclosure.services.personal_data import data_parts
from apps.people.models import Role, StaffPost
from apps.people.services.emergencies import begin_emergency
from apps.push.models import Broadcast
from tests import factories
from tests.checkins.test_withheld_words import PRINCIPAL_KEPT_OUT, safe, send, town  # noqa: F401
from tests.records import actors_of

DAYS = reverse("checkins:days")
WORD = "読んだよ。また 話そう。"


@pytest.fixture
def answered(cast):
    """さくら has answered; the school's people are there."""
    StaffPost.objects.update(begins_on=None)
    seed_questions()
    factories.make_effective(cast.sakura, Purpose.CHECKIN_REVIEW)
    submit(
        student=cast.sakura, question_set=current_question_set(), answers={"mood": "2"},
        client_key=uuid.uuid4(),
    )  # fmt: skip
    cast.check_in = CheckIn.objects.get()
    return cast


def word(cast, who="nurse", words=WORD, key=None, of=None):
    return staff_words.send_word(
        of or cast.check_in, actor=getattr(cast, who).user, words=words,
        form_key=key or uuid.uuid4(),
    )  # fmt: skip


def test_a_word_is_sent_once_from_the_opened_page_and_read_after_the_pin(answered, sign_in):
    nurse, row = sign_in(answered.nurse.user), answered.check_in
    page, send_to = (
        reverse(f"admin:checkins_{name}", args=[row.pk]) for name in ("open", "send_word")
    )
    told = {"word": WORD, "form_key": str(uuid.uuid4())}
    unopened = nurse.post(send_to, told).content.decode()
    assert "まだ送っていません" in unopened and WORD in unopened
    nurse.post(page, {"reason": "meeting"})
    for bad, sentence in (
        ({"word": " "}, "ひとことを書いて"), ({"word": "あ" * 101}, "100字まで"),
        ({"form_key": "x"}, "画面が古く"),
    ):  # fmt: skip
        refused = nurse.post(send_to, told | bad)
        assert refused.status_code == 422 and sentence in refused.content.decode()
    for _ in range(2):
        assert nurse.post(send_to, told).status_code == 302
    again = nurse.post(send_to, told | {"form_key": str(uuid.uuid4())})
    assert StaffWord.objects.count() == 1 and again.status_code in (302, 422)
    assert WORD.encode() not in bytes(StaffWord.objects.get().sealed)
    assert "まだ読まれていません" in nurse.get(page).content.decode()
    assert not Broadcast.objects.exists()  # who holds the phone would learn that one came
    student = Client()
    factories.force_sign_in(student, answered.sakura.user)
    home = student.get("/").content.decode()
    assert "ひとこと" not in home and student.get(DAYS).status_code == 302
    factories.with_recent_pin(student)
    assert "ひとことが" in student.get("/").content.decode()
    assert staff_words.has_unread(answered.sakura)
    assert WORD in student.get(DAYS).content.decode()
    assert not staff_words.has_unread(answered.sakura)
    assert "生徒が読みました" in nurse.get(page).content.decode()
    with pytest.raises(CannotSendWord, match="もう読んだ"):
        staff_words.retract_word(StaffWord.objects.get(), actor=answered.nurse.user)
    (part,) = [p for p in data_parts(answered.sakura, answered.sakura.user, "student")
               if p.code == "staff_words"]  # fmt: skip
    assert part.rows[0]["words"] == WORD
    assert WORD not in str(data_parts(answered.sakura, answered.midori.user, "guardian"))
    assert actors_of(Action.WORD_SENT) == [answered.nurse.user]


def test_who_may_not_read_the_check_in_sends_nothing_and_colleagues_read_none(answered, sign_in):
    for who in ("officer", "helpdesk", "away_nurse", "office"):
        with pytest.raises(PermissionDenied):
            word(answered, who)
    answered.homeroom.school_class = answered.class_2
    answered.homeroom.save()
    with pytest.raises(PermissionDenied):
        word(answered, "homeroom")
    begin_emergency(answered.homeroom.user, answered.sakura, why="生徒の けがの 連絡が あった ため")
    with pytest.raises(PermissionDenied):
        word(answered, "homeroom")
    sent = word(answered)
    other = sign_in(answered.counsellor.user)
    page = reverse("admin:checkins_open", args=[answered.check_in.pk])
    other.post(page, {"reason": "meeting"})
    assert WORD not in other.get(page).content.decode()
    with pytest.raises(PermissionDenied):
        staff_words.retract_word(sent, actor=answered.counsellor.user)
    assert word(answered, "counsellor", "読んだよ。") != sent


def test_an_unread_word_is_taken_back_and_a_second_one_refused_by_the_database(answered, sign_in):
    first = word(answered)
    with pytest.raises(CannotSendWord, match="もうひとこと"):
        word(answered)
    submit(
        student=answered.sakura, question_set=current_question_set(), answers={"mood": "1"},
        client_key=uuid.uuid4(), answered_on=today() - timedelta(days=1),
    )  # fmt: skip
    other = CheckIn.objects.exclude(pk=answered.check_in.pk).get()
    with pytest.raises(CannotSendWord, match="画面が古く"):
        word(answered, key=first.form_key, of=other)
    nurse = sign_in(answered.nurse.user)
    for _ in range(2):
        assert nurse.post(
            reverse("admin:checkins_retract_word", args=[answered.check_in.pk])
        ).status_code == 302  # fmt: skip
    assert staff_words.read_words(answered.sakura) == []
    assert actors_of(Action.WORD_RETRACTED) == [answered.nurse.user]
    second = word(answered, words="読んだよ。")
    with pytest.raises(IntegrityError), transaction.atomic():
        StaffWord.objects.filter(pk=first.pk).update(retracted_at=None)
    assert [row for row, _ in staff_words.read_words(answered.sakura)] == [second]


def test_a_word_goes_with_its_check_in_and_with_the_consent(answered, time_machine):
    word(answered)
    withdraw(
        student=answered.sakura, actor=answered.sakura.user, purpose=Purpose.CHECKIN_REVIEW,
        form_key=uuid.uuid4(),
    )  # fmt: skip
    assert staff_words.read_words(answered.sakura) == []
    with pytest.raises((CannotSendWord, PermissionDenied)):
        word(answered, "counsellor")
    retention.delete_expired_checkins()
    assert not CheckIn.objects.exists() and not StaffWord.objects.exists()


def test_whom_the_student_keeps_out_finds_what_others_find_and_the_student_nothing(safe, sign_in):  # noqa: F811
    send(safe.sakura, "あのひとが こわい", PRINCIPAL_KEPT_OUT)
    row = CheckIn.objects.get()
    pages, client_of = {}, {}
    for who in ("principal", "counsellor"):
        client = client_of[who] = sign_in(getattr(safe, who).user)
        page = reverse("admin:checkins_open", args=[row.pk])
        client.post(page, {"reason": "meeting"})
        told = {"word": WORD, "form_key": str(uuid.uuid4())}
        sent = client.post(reverse("admin:checkins_send_word", args=[row.pk]), told)
        shown = client.get(page).content.decode()
        pages[who] = (
            sent.status_code,
            sent["Location"],
            "まだ読まれていません" in shown,
            WORD in shown,
        )
    assert pages["principal"] == pages["counsellor"] == (302, pages["principal"][1], True, True)
    assert [w.written_by for w, _ in staff_words.read_words(safe.sakura)] == [safe.counsellor.user]
    # their word stands there as read, as every other: an unread one would tell
    for who in pages:
        shown = client_of[who].get(pages[who][1]).content.decode()
        assert "生徒が読みました" in shown and "取り消す" not in shown
    assert not Broadcast.objects.filter(path=DAYS).exists()


def test_a_word_that_the_student_never_finds_counts_as_read_like_any_other(safe, sign_in):  # noqa: F811
    send(safe.sakura, "あのひとが こわい", PRINCIPAL_KEPT_OUT)
    row = CheckIn.objects.get()
    for who in ("principal", "counsellor"):
        word(safe, who, of=row)
    staff_words.read_words(safe.sakura)
    pages = []
    for who in ("principal", "counsellor"):
        client = sign_in(getattr(safe, who).user)
        page = reverse("admin:checkins_open", args=[row.pk])
        client.post(page, {"reason": "meeting"})
        pages.append("生徒が読みました" in client.get(page).content.decode())
    assert pages == [True, True]


def test_words_on_earlier_days_are_closed_to_who_holds_a_new_pin(answered):
    word(answered)
    assert staff_words.has_unread(answered.sakura)
    student = answered.sakura
    student.pin_reset_at = student.pin_chosen_at = clock.now()
    word(answered, "counsellor", "おととい きいた ことだけど。")
    assert not staff_words.has_unread(student)
    assert staff_words.read_words(student) == []
    assert staff_words.words_of(student) == ([], 0)
    assert not StaffWord.objects.exclude(read_at=None).exists()


def test_whom_the_student_keeps_out_later_is_kept_out_under_every_account(answered):
    second = factories.second_account(answered.nurse, Role.NURSE, at=answered.school)
    word(answered)
    WordsExclusion.objects.create(
        municipality=answered.city, student=answered.sakura, person=second.user
    )
    assert staff_words.read_words(answered.sakura) == []
