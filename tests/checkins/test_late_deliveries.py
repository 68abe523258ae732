"""Late deliveries are stored once, for the right student, or not at all."""

import threading
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection
from django.test import Client

from apps.audit.models import Action, AuditEvent
from apps.checkins import tickets
from apps.checkins.models import CheckIn, DeliveryKey
from apps.checkins.services import delivery_keys, late_deliveries, storage
from apps.checkins.services.delivery_keys import delete_expired_keys
from apps.checkins.services.question_sets import current_question_set
from apps.checkins.services.retention import delete_expired_checkins
from apps.checkins.services.submissions import submit
from apps.consent.models import Purpose, Response
from apps.consent.services.decisions import decide, withdraw
from apps.vault.services.sealed_content import open_own
from tests import factories
from tests.checkins.delivery_helpers import MOOD
from tests.checkins.tablet_client import DELIVER, deliver, opened, sealed


def end_consent(student):
    withdraw(
        student=student, actor=student.user,
        purpose=Purpose.CHECKIN_REVIEW, form_key=uuid.uuid4(),
    )  # fmt: skip


# -- works ----------------------------------------------------------------------------------------


def test_nobody_is_signed_in_and_the_answer_is_kept_for_its_student(offered, client):
    form = opened(offered.sakura)
    assert deliver(client, sealed(form, MOOD)) == ["kept"]
    row = CheckIn.objects.get()
    assert (row.student, row.client_key, row.is_conflict) == (offered.sakura, form[0], False)
    assert open_own([row], student=offered.sakura) == [{"mood": 1, "words": "つかれた"}]
    event = AuditEvent.objects.get(action=Action.CHECKIN_SUBMITTED)
    assert (event.actor_id, event.actor_role) == (offered.sakura.user_id, "student")
    assert (event.subject_id, event.thing_id) == (offered.sakura.pk, str(row.pk))


def test_the_delivery_gives_and_takes_no_session(offered, client):
    answer = client.post(DELIVER, "{}", content_type="application/json")
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_another_student_who_brings_it_changes_nothing(offered, sign_in):
    form = opened(offered.sakura)
    assert deliver(sign_in(offered.ren.user), sealed(form, MOOD)) == ["kept"]
    assert CheckIn.objects.get().student == offered.sakura


def test_the_same_again_is_one_check_in_and_the_same_answer(offered, client):
    item = sealed(opened(offered.sakura), MOOD)
    assert [deliver(client, item) for _ in range(3)] == [["kept"]] * 3
    assert deliver(client, item, item) == ["kept", "kept"]
    assert CheckIn.objects.count() == 1
    assert AuditEvent.objects.filter(action=Action.CHECKIN_SUBMITTED).count() == 1


def test_sealed_anew_it_is_still_the_same_answer(offered, client):
    form = opened(offered.sakura)
    assert deliver(client, sealed(form, MOOD), sealed(form, MOOD)) == ["kept", "kept"]
    assert CheckIn.objects.count() == 1


def test_sent_by_the_form_and_delivered_later_it_is_one(offered, client):
    form = opened(offered.sakura)
    submit(
        student=offered.sakura, question_set=current_question_set(), answers=MOOD, client_key=form[0]
    )  # fmt: skip
    assert deliver(client, sealed(form, MOOD)) == ["kept"]
    assert CheckIn.objects.count() == 1


def test_a_second_body_of_the_same_form_is_kept_and_flagged(offered, client):
    form = opened(offered.sakura)
    assert deliver(client, sealed(form, MOOD), sealed(form, {"mood": "4"})) == ["kept", "kept"]
    assert deliver(client, sealed(form, {"mood": "3"})) == ["kept"]
    assert sorted(CheckIn.objects.values_list("is_conflict", flat=True)) == [False, True, True]


def test_one_form_cannot_fill_the_table(offered, client, monkeypatch):
    monkeypatch.setattr(storage, "MAX_BODIES_PER_FORM", 2)
    form = opened(offered.sakura)
    items = [sealed(form, {"mood": str(n)}) for n in range(4)]
    assert deliver(client, *items) == ["kept", "kept", "refused", "refused"]
    assert CheckIn.objects.count() == 2


def test_many_students_arrive_together_each_with_an_own_answer(offered, client):
    factories.make_effective(offered.ren, Purpose.CHECKIN_REVIEW)
    items = [
        sealed(opened(student), {"mood": str(n % 5)})
        for n in range(25)
        for student in (offered.sakura, offered.ren)
    ]
    broken = {**items[7], "body": items[8]["body"]}
    states = deliver(client, *items[:7], broken, *items[8:])
    assert states.count("kept") == 49
    assert states[7] == "refused"
    assert CheckIn.objects.filter(student=offered.sakura).count() == 25


def test_fifty_ask_the_database_no_more_than_one(offered, client, django_assert_num_queries):
    deliver(client, sealed(opened(offered.sakura), MOOD))
    items = [sealed(opened(offered.sakura), MOOD) for _ in range(50)]
    with django_assert_num_queries(
        5
    ):  # keys, who keeps words apart, answers with their record, the test's savepoint twice
        deliver(client, *items)


# -- the day --------------------------------------------------------------------------------------


def test_it_counts_for_the_day_on_which_it_was_answered(offered, client):
    with time_machine.travel("2026-11-20T08:30:00+09:00", tick=False):
        item = sealed(opened(offered.sakura), MOOD, elapsed=30)
    with time_machine.travel("2026-11-24T09:00:00+09:00", tick=False):
        assert deliver(client, item) == ["kept"]
    row = CheckIn.objects.get()
    assert row.answered_on.isoformat() == "2026-11-20"
    assert row.received_at.isoformat().startswith("2026-11-24")


@pytest.mark.parametrize(
    ("elapsed", "on"),
    [(0, 20), (3600, 20), (86_400, 21), (10**9, 24), (-(10**9), 20), (None, 20), (1e308, 24)],
)
def test_a_wrong_clock_moves_no_answer_out_of_its_time(offered, client, elapsed, on):
    with time_machine.travel("2026-11-20T08:30:00+09:00", tick=False):
        item = sealed(opened(offered.sakura), MOOD, elapsed=elapsed)
    with time_machine.travel("2026-11-24T09:00:00+09:00", tick=False):
        deliver(client, item)
    assert CheckIn.objects.get().answered_on.day == on


# -- withdrawal wins ------------------------------------------------------------------------------


def test_after_withdrawal_nothing_is_kept_and_the_answer_is_friendly(offered, client):
    item = sealed(opened(offered.sakura), MOOD)
    end_consent(offered.sakura)
    assert deliver(client, item) == ["not_kept"]
    assert not CheckIn.objects.exists()
    assert not AuditEvent.objects.filter(action=Action.CHECKIN_SUBMITTED).exists()


def test_a_later_agreement_does_not_bring_back_what_was_written_before(offered, client):
    item = sealed(opened(offered.sakura), MOOD)
    end_consent(offered.sakura)
    decide(
        student=offered.sakura, actor=offered.sakura.user,
        answers={Purpose.CHECKIN_REVIEW: Response.GIVEN}, form_key=uuid.uuid4(),
    )  # fmt: skip
    assert deliver(client, item) == ["not_kept"]
    assert deliver(client, sealed(opened(offered.sakura), MOOD)) == ["kept"]


def test_a_withdrawal_after_the_key_was_read_still_wins(offered, client, monkeypatch):
    item, read = sealed(opened(offered.sakura), MOOD), late_deliveries.planned_unlocked_keys

    def read_then_withdrawn(*args):
        found = read(*args)
        end_consent(offered.sakura)
        return found

    monkeypatch.setattr(late_deliveries, "planned_unlocked_keys", read_then_withdrawn)
    assert deliver(client, item) == ["not_kept"]
    assert not CheckIn.objects.exists()
    assert not AuditEvent.objects.filter(action=Action.CHECKIN_SUBMITTED).exists()


def test_without_consent_no_page_is_given_anything_to_seal_with(offered):
    assert opened(offered.ren)[1] is None


def test_a_ticket_lasts_fourteen_days(offered, client):
    with time_machine.travel("2026-11-01T08:30:00+09:00", tick=False):
        items = [sealed(opened(offered.sakura), MOOD) for _ in range(2)]
    with time_machine.travel("2026-11-15T08:00:00+09:00", tick=False):
        assert deliver(client, items[0]) == ["kept"]
    with time_machine.travel("2026-11-15T08:31:00+09:00", tick=False):
        assert deliver(client, items[1]) == ["refused"]


def test_keys_are_of_one_day_and_go_when_no_ticket_needs_them(offered, client):
    with time_machine.travel("2026-11-01T08:30:00+09:00", tick=False):
        first = opened(offered.sakura)
        assert opened(offered.sakura)[1].key_id == first[1].key_id
    with time_machine.travel("2026-11-02T08:30:00+09:00", tick=False):
        assert opened(offered.sakura)[1].key_id != first[1].key_id
        assert delete_expired_keys() == 0
    with time_machine.travel("2026-11-18T08:30:00+09:00", tick=False):
        delete_expired_checkins()
        assert [key.made_on.day for key in DeliveryKey.objects.all()] == [2]


def test_an_old_key_opens_nothing_even_where_memory_still_holds_it(offered, client, monkeypatch):
    monkeypatch.setattr(tickets, "VALID_FOR", timedelta(days=99))
    with time_machine.travel("2026-11-01T08:30:00+09:00", tick=False):
        item = sealed(opened(offered.sakura), MOOD)
        deliver(client, item)
    with time_machine.travel("2026-11-18T08:30:00+09:00", tick=False):
        assert deliver(client, item) == ["refused"]


def test_the_private_half_stands_nowhere_in_clear(offered):
    key = DeliveryKey.objects.get(pk=opened(offered.sakura)[1].key_id)
    _, private = delivery_keys.private_key(key.pk)
    scalar = private.private_numbers().private_value.to_bytes(32, "big")
    assert scalar not in bytes(key.wrapped)


# -- faults ---------------------------------------------------------------------------------------


def test_when_the_database_refuses_one_the_others_are_kept(offered, client, monkeypatch):
    items = [sealed(opened(offered.sakura), {"mood": str(n)}) for n in range(3)]
    plain, unlucky = late_deliveries._stored, uuid.UUID(items[1]["key"])

    def shaky(opened_):
        if any(each.ticket.client_key == unlucky for each in opened_):
            raise DatabaseError("no")
        return plain(opened_)

    monkeypatch.setattr(late_deliveries, "_stored", shaky)
    assert deliver(client, *items) == ["kept", "later", "kept"]
    monkeypatch.undo()
    assert deliver(client, *items) == ["kept", "kept", "kept"]
    assert CheckIn.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_ten_who_bring_the_same_fifty_at_once_store_them_once(offered):
    items = [sealed(opened(offered.sakura), {"mood": str(n % 5)}) for n in range(50)]
    found, failed = [], []

    def work(turn):
        try:
            found.append(deliver(Client(), *(items[turn:] + items[:turn])))
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(n * 5,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert found == [["kept"] * 50] * 10
    assert CheckIn.objects.count() == 50
    assert not CheckIn.objects.filter(is_conflict=True).exists()
