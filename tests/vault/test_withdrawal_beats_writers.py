"""On PostgreSQL, with threads: after a withdrawal nothing can be read, whoever came first."""

import uuid
from threading import Event

import pytest
from django.db import transaction

from apps.audit.models import Action, AuditEvent
from apps.consent.models import ConsentDocument, ConsentReceipt, Purpose, Response
from apps.consent.services.decisions import decide, withdraw
from apps.consent.services.documents import draft_next_version, publish_document, review_document
from apps.consent.services.ledger_verification import verify_ledger
from apps.consent.services.purpose_status import is_effective
from apps.consent.services.scheduled_work import reconcile_all
from apps.linkage.models import LinkedRecord
from apps.people.models import Role
from apps.vault.models import KeyEnd, SubjectKey
from apps.vault.services.keys import NoKey, destroy_keys_of, key_for_writing, make_key
from apps.vault.services.sealed_content import open_own
from tests import factories
from tests.vault.sealing_helpers import in_thread, put, until_somebody_waits_for_a_lock, write

pytestmark = pytest.mark.django_db(transaction=True)
ATTENDANCE = Purpose.ATTENDANCE
PATIENCE = 20


@pytest.fixture
def linked(transactional_db, cast):
    factories.make_effective(cast.sakura, ATTENDANCE)
    return cast


def take_back(cast, form_key=None):
    return withdraw(
        student=cast.sakura,
        actor=cast.midori.user,
        purpose=ATTENDANCE,
        form_key=form_key or uuid.uuid4(),
    )


def test_a_writer_who_came_first_is_waited_for_and_then_unreadable(linked):
    holds, go_on = Event(), Event()

    def writer():
        with transaction.atomic():
            key = key_for_writing(linked.sakura.pk, ATTENDANCE)
            holds.set()
            assert go_on.wait(PATIENCE)
            return put(linked.sakura, key, {"code": "ABSENT_SICK"})

    writing = in_thread(writer)
    assert holds.wait(PATIENCE)
    withdrawing = in_thread(lambda: take_back(linked))
    until_somebody_waits_for_a_lock()
    assert not withdrawing.done()
    go_on.set()
    row = writing.result(PATIENCE)
    withdrawing.result(PATIENCE)
    assert not is_effective(linked.sakura, ATTENDANCE)
    assert open_own([row], student=linked.sakura) == [None]
    assert list(LinkedRecord.objects.readable()) == []
    assert list(LinkedRecord.objects.orphaned()) == [row]


def test_a_writer_who_comes_during_a_withdrawal_waits_and_gets_no_key(linked):
    destroyed, go_on = Event(), Event()

    def withdrawer():
        with transaction.atomic():
            take_back(linked)
            destroyed.set()
            assert go_on.wait(PATIENCE)

    withdrawing = in_thread(withdrawer)
    assert destroyed.wait(PATIENCE)
    writing = in_thread(lambda: write(linked.sakura, ATTENDANCE, {"code": "LATE"}))
    until_somebody_waits_for_a_lock()
    go_on.set()
    withdrawing.result(PATIENCE)
    with pytest.raises(NoKey):
        writing.result(PATIENCE)
    assert not LinkedRecord.objects.exists()


def test_agreeing_again_makes_another_key_and_the_old_rows_stay_dark(linked):
    row = write(linked.sakura, ATTENDANCE, {"code": "LATE"})
    take_back(linked)
    factories.make_effective(linked.sakura, ATTENDANCE)
    assert is_effective(linked.sakura, ATTENDANCE)
    assert open_own([row], student=linked.sakura) == [None]


def test_two_who_decide_at_once_make_one_key(transactional_db, cast):
    factories.policy(cast.city)
    factories.document(cast.city)
    start = Event()

    def give(actor):
        assert start.wait(PATIENCE)
        return decide(
            student=cast.sakura,
            actor=actor,
            answers={ATTENDANCE: Response.GIVEN},
            form_key=uuid.uuid4(),
        )

    both = [in_thread(lambda a=a: give(a)) for a in (cast.midori.user, cast.sakura.user)]
    start.set()
    assert len({future.result(PATIENCE).pk for future in both}) == 2
    assert SubjectKey.objects.filter(purpose=ATTENDANCE).count() == 1
    assert AuditEvent.objects.filter(action=Action.KEY_MADE).count() == 1


def test_one_form_sent_twice_at_once_is_one_receipt(linked):
    form_key = uuid.uuid4()
    twice = [in_thread(lambda: take_back(linked, form_key)) for _ in range(2)]
    assert len({future.result(PATIENCE).pk for future in twice}) == 1
    assert ConsentReceipt.objects.filter(form_key=form_key).count() == 1


def test_two_devices_that_take_back_at_once_destroy_one_key(linked):
    both = [in_thread(lambda: take_back(linked)) for _ in range(2)]
    assert len({future.result(PATIENCE).pk for future in both}) == 2
    assert not is_effective(linked.sakura, ATTENDANCE)
    assert AuditEvent.objects.filter(action=Action.KEY_DESTROYED).count() == 1
    assert verify_ledger().findings == []


def test_two_who_make_the_same_key_at_once_get_the_same_one(transactional_db, cast):
    key_created, go_on = Event(), Event()

    def first():
        with transaction.atomic():
            key = make_key(cast.sakura, "helpline")
            key_created.set()
            assert go_on.wait(PATIENCE)
            return key

    one = in_thread(first)
    assert key_created.wait(PATIENCE)
    other = in_thread(lambda: make_key(cast.sakura, "helpline"))
    until_somebody_waits_for_a_lock()
    go_on.set()
    assert one.result(PATIENCE).pk == other.result(PATIENCE).pk


def read_by_two(document, officer):
    draft = draft_next_version(document, by=officer)
    second = factories.staff_post(Role.PRIVACY, of=document.municipality, name="確かめる人")
    return review_document(draft, by=second.user)


def test_new_words_wait_for_who_decides_and_then_take_the_key(transactional_db, cast):
    factories.policy(cast.city)
    first = factories.document(cast.city)
    draft = read_by_two(first, cast.officer.user)
    decided, go_on = Event(), Event()

    def decider():
        with transaction.atomic():
            factories.make_effective(cast.sakura, ATTENDANCE)
            decided.set()
            assert go_on.wait(PATIENCE)

    deciding = in_thread(decider)
    assert decided.wait(PATIENCE)
    publishing = in_thread(
        lambda: publish_document(draft, by=cast.officer.user, reason="説明を新しくするため")
    )
    until_somebody_waits_for_a_lock()
    go_on.set()
    deciding.result(PATIENCE)
    publishing.result(PATIENCE)
    assert ConsentDocument.objects.current().get().version == 2
    assert not is_effective(cast.sakura, ATTENDANCE)


def test_the_sweep_waits_for_new_words_and_makes_no_key_for_the_old_ones(linked):
    with transaction.atomic():  # agreed, but out of step: the sweep would make it
        for student in (linked.sakura, linked.ren):
            destroy_keys_of(student, [ATTENDANCE], KeyEnd.CIRCUMSTANCES)
    draft = read_by_two(ConsentDocument.objects.get(), linked.officer.user)
    published, go_on = Event(), Event()

    def publisher():
        with transaction.atomic():
            publish_document(draft, by=linked.officer.user, reason="説明を新しくするため")
            published.set()
            assert go_on.wait(PATIENCE)

    publishing = in_thread(publisher)
    assert published.wait(PATIENCE)
    sweeping = in_thread(reconcile_all)
    until_somebody_waits_for_a_lock()
    go_on.set()
    publishing.result(PATIENCE)
    assert sweeping.result(PATIENCE) == 0
    assert not is_effective(linked.sakura, ATTENDANCE)
