"""An answer is stored exactly once, encrypted, and never lost."""

import threading
import uuid

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from apps.audit.models import Action, AuditEvent
from apps.checkins.models import CheckIn, QuestionSet
from apps.checkins.services.question_sets import current_question_set, seed_questions
from apps.checkins.services.reading import own_days
from apps.checkins.services.retention import delete_expired_checkins
from apps.checkins.services.storage import CannotSubmitCheckIn, CheckInNotOffered
from apps.checkins.services.submissions import answered_today, is_offered, submit
from apps.consent.models import Purpose
from apps.consent.services.decisions import withdraw
from apps.vault.services.sealed_content import open_own
from tests import factories

ANSWERS = {"mood": "1", "body": 2, "words": "つかれた"}


def send(student, answers=None, key=None, **more):
    check_in = submit(
        student=student,
        question_set=current_question_set(),
        answers=ANSWERS if answers is None else answers,
        client_key=key or uuid.uuid4(),
        **more,
    )
    return CheckIn.objects.get(pk=check_in)


def test_installing_twice_publishes_once(db):
    assert seed_questions() == 3
    assert seed_questions() == 0
    assert QuestionSet.objects.count() == 3
    assert [q.code for q in current_question_set().questions.all()] == [
        "mood", "body", "sleep", "talk", "words",
    ]  # fmt: skip
    assert len(current_question_set("weekly").questions.all()) == 6


def test_what_was_answered_can_be_read_by_the_student(offered):
    row = send(offered.sakura)
    assert open_own([row], student=offered.sakura) == [{"mood": 1, "body": 2, "words": "つかれた"}]
    assert is_offered(offered.sakura)
    assert answered_today(offered.sakura)
    assert not answered_today(offered.ren)


def test_nothing_of_the_answer_stands_in_the_table(offered):
    row = CheckIn.objects.get(pk=send(offered.sakura).pk)
    assert "つかれた".encode() not in bytes(row.sealed)
    assert b"mood" not in bytes(row.sealed)


def test_the_same_answers_of_two_students_have_no_name_in_common(offered):
    factories.make_effective(offered.ren, Purpose.CHECKIN_REVIEW)
    one, two = send(offered.sakura), send(offered.ren)
    assert bytes(one.body_digest) != bytes(two.body_digest)


def test_the_same_form_sent_twice_is_one_check_in(offered):
    key = uuid.uuid4()
    first, again = send(offered.sakura, key=key), send(offered.sakura, key=key)
    assert first.pk == again.pk
    assert CheckIn.objects.count() == 1
    assert AuditEvent.objects.filter(action=Action.CHECKIN_SUBMITTED).count() == 1


def test_another_body_under_the_same_key_is_kept_and_flagged(offered):
    key = uuid.uuid4()
    first = send(offered.sakura, {"mood": 4}, key)
    other = send(offered.sakura, {"mood": 0}, key)
    third = send(offered.sakura, {"mood": 2}, key)
    assert [first.is_conflict, other.is_conflict, third.is_conflict] == [False, True, True]
    assert send(offered.sakura, {"mood": 0}, key).pk == other.pk
    assert CheckIn.objects.count() == 3


def test_the_database_refuses_a_second_unflagged_body(offered):
    row = send(offered.sakura)
    row.pk, row.body_digest = uuid.uuid4(), b"other"
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_skipping_everything_is_allowed(offered):
    row = send(offered.sakura, {"mood": "", "words": "  ", "talk": None})
    assert open_own([row], student=offered.sakura) == [{}]


@pytest.mark.parametrize(
    "answers", [{"mood": 9}, {"mood": "x"}, {"weight": 1}, {"words": "あ" * 201}]
)
def test_an_unknown_answer_is_refused_with_a_sentence(offered, answers):
    with pytest.raises(CannotSubmitCheckIn, match="。"):
        send(offered.sakura, answers)
    assert not CheckIn.objects.exists()


def test_two_hundred_characters_fit(offered):
    assert send(offered.sakura, {"words": "あ" * 200})


def test_without_consent_nothing_is_stored(offered):
    with pytest.raises(CheckInNotOffered):
        send(offered.ren)
    assert not CheckIn.objects.exists()


def test_after_withdrawal_nothing_is_read_and_the_sweep_deletes_it(offered):
    send(offered.sakura)
    withdraw(
        student=offered.sakura, actor=offered.sakura.user,
        purpose=Purpose.CHECKIN_REVIEW, form_key=uuid.uuid4(),
    )  # fmt: skip
    assert own_days(offered.sakura) == []
    assert not answered_today(offered.sakura)
    assert delete_expired_checkins() == 1
    assert delete_expired_checkins() == 0
    (event,) = AuditEvent.objects.filter(action=Action.ROWS_SWEPT)
    assert (event.subject_id, event.detail, event.n_rows) == (offered.sakura.pk, "checkins", 1)


def test_the_happy_path_asks_the_database_twice(offered, django_assert_num_queries):
    question_set, student = current_question_set(), offered.sakura
    with transaction.atomic(), django_assert_num_queries(4):  # a savepoint's two among them
        submit(
            student=student, question_set=question_set, answers={"mood": 3}, client_key=uuid.uuid4()
        )


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_with_one_body_are_one_check_in(offered):
    key, sakura, questions = uuid.uuid4(), offered.sakura, current_question_set()
    stored, failed = [], []

    def work(answers):
        try:
            stored.append(
                submit(student=sakura, question_set=questions, answers=answers, client_key=key)
            )
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    bodies = [{"mood": 3}] * 7 + [{"mood": 1}] * 7
    threads = [threading.Thread(target=work, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(set(stored)) == 2
    assert sorted(CheckIn.objects.values_list("is_conflict", flat=True)) == [False, True]


def test_with_the_school_year_the_answers_go_as_the_consent_text_promises(offered):
    with time_machine.travel("2027-03-31T20:00:00+09:00", tick=False):
        send(offered.sakura)
        assert delete_expired_checkins() == 0
    with time_machine.travel("2027-04-01T00:10:00+09:00", tick=False):
        assert delete_expired_checkins() == 1
    assert not CheckIn.objects.exists()
