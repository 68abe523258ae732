"""A paused key opens and seals nothing; in use again, everything can be read."""

from datetime import timedelta
from threading import Event

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.consent.models import Purpose
from apps.linkage.models import LinkedRecord
from apps.linkage.services import deletion
from apps.vault.models import SubjectKey
from apps.vault.services.key_pauses import is_paused, pause_keys, pauses_of, resume_keys
from apps.vault.services.keys import (
    NoKey,
    key_for_writing,
    make_key,
    share_lock_keys,
    unlocked_keys,
)
from apps.vault.services.sealed_content import (
    OpeningReason,
    evaluate_sealed,
    open_for_guardian,
    open_own,
    open_sealed,
)
from tests.vault.sealing_helpers import in_thread, put, until_somebody_waits_for_a_lock, write

ATTENDANCE = Purpose.ATTENDANCE


@pytest.fixture
def paused(cast):
    """A row of sakura's whose key is paused (``cast.row``, ``cast.key``)."""
    cast.key = make_key(cast.sakura, ATTENDANCE)
    cast.row = write(cast.sakura, ATTENDANCE, {"code": "ABSENT_SICK"})
    assert pause_keys([cast.key.pk]) == {cast.key.pk}
    return cast


def everybody_reads(cast):
    return [
        open_own([cast.row], student=cast.sakura),
        open_for_guardian([cast.row], actor=cast.midori.user, student=cast.sakura),
        open_sealed([cast.row], actor=cast.nurse.user, reason=OpeningReason.MEETING),
        evaluate_sealed([cast.row], rule="absences/1"),
    ]


def test_nobody_reads_under_a_paused_key_and_everybody_again_after_it(paused):
    assert everybody_reads(paused) == [[None]] * 4
    assert resume_keys([paused.key.pk]) == {paused.key.pk}
    assert everybody_reads(paused) == [[{"code": "ABSENT_SICK"}]] * 4


def test_nothing_is_written_under_a_paused_key(paused):
    with transaction.atomic(), pytest.raises(NoKey):
        key_for_writing(paused.sakura.pk, ATTENDANCE)
    assert unlocked_keys([paused.sakura.pk], ATTENDANCE) == {}
    with transaction.atomic():
        assert share_lock_keys({paused.key.pk}) == set()
    assert is_paused(paused.sakura.pk, ATTENDANCE)
    assert not is_paused(paused.ren.pk, ATTENDANCE)


def test_rows_of_a_paused_key_are_no_orphans_and_no_sweep_takes_them(paused):
    assert not LinkedRecord.objects.readable().exists()
    assert not LinkedRecord.objects.orphaned().exists()
    assert (
        LinkedRecord.objects.with_key().get() == LinkedRecord.objects.waiting().get() == paused.row
    )
    assert deletion.delete_expired_records() == 0


def test_pausing_again_keeps_the_first_moment_and_takes_the_new_date(paused):
    first = SubjectKey.objects.get().paused_at
    due = timezone.now() + timedelta(days=1)
    assert pause_keys([paused.key.pk], destroy_after=due) == set()
    ((_, pause),) = pauses_of([paused.sakura.pk]).items()
    assert pause == (first, due)
    pause_keys([paused.key.pk])
    assert SubjectKey.objects.get().destroy_after is None
    assert resume_keys([paused.key.pk]) and resume_keys([paused.key.pk]) == set()


def test_the_database_refuses_a_date_on_a_key_in_use(cast):
    key = make_key(cast.sakura, ATTENDANCE)
    with pytest.raises(IntegrityError), transaction.atomic():
        SubjectKey.objects.filter(pk=key.pk).update(destroy_after=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_a_pause_waits_for_the_writer_who_came_first(transactional_db, cast):
    key = make_key(cast.sakura, ATTENDANCE)
    holds, go_on = Event(), Event()

    def writer():
        with transaction.atomic():
            held = key_for_writing(cast.sakura.pk, ATTENDANCE)
            holds.set()
            assert go_on.wait(20)
            return put(cast.sakura, held, {"n": 1})

    writing = in_thread(writer)
    assert holds.wait(20)
    pausing = in_thread(lambda: pause_keys([key.pk]))
    until_somebody_waits_for_a_lock()
    go_on.set()
    row = writing.result(20)
    assert pausing.result(20) == {key.pk}
    assert open_own([row], student=cast.sakura) == [None]
    resume_keys([key.pk])
    assert open_own([row], student=cast.sakura) == [{"n": 1}]
