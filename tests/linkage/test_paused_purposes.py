"""A run under a paused purpose changes nothing of it: the rows are imported later."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.linkage.models import LinkedRecord, RunState, SyncRun
from apps.linkage.services import importer, sync_runs
from apps.vault.models import SubjectKey
from apps.vault.services.key_pauses import pause_keys, resume_keys
from tests import file_workers
from tests.linkage.conftest import HEADER
from tests.linkage.test_attendance_import import days_ago


def keys():
    return list(SubjectKey.objects.values_list("pk", flat=True))


def again(source):
    run = sync_runs.sync_source(source)
    source.refresh_from_db()
    return run


@pytest.fixture
def linked(agreed, source, put):
    """Two days of sakura's are imported; then the purpose is paused."""
    put(f"1001,{days_ago(1)},病欠,", f"1001,{days_ago(2)},遅刻,")
    assert again(source).n_kept == 2
    pause_keys(keys())
    return agreed


def test_a_file_that_states_less_takes_nothing_from_who_is_paused(linked, source, put):
    put(f"1001,{days_ago(1)},出席,", f"1001,{days_ago(3)},病欠,")
    run = again(source)
    assert (run.state, run.n_waiting, run.n_erased) == (RunState.RETRY, 2, 0)
    assert (run.n_kept, run.n_not_consented) == (0, 0)
    assert "2行" in run.message
    assert LinkedRecord.objects.count() == 2


def test_what_waited_is_read_once_the_purpose_is_in_use_again(linked, source, put):
    put(f"1001,{days_ago(1)},出席,", f"1001,{days_ago(3)},病欠,")
    again(source)
    resume_keys(keys())
    run = again(source)
    assert (run.state, run.n_waiting) == (RunState.DONE, 0)
    assert LinkedRecord.objects.readable().exists()


def test_a_pause_during_a_reading_undoes_it_and_nothing_is_lost(agreed, source, put, monkeypatch):
    put(f"1001,{days_ago(1)},病欠,")
    assert again(source).n_kept == 1
    before = list(LinkedRecord.objects.values())
    put(f"1001,{days_ago(1)},遅刻,", f"1001,{days_ago(2)},病欠,")
    hold = importer.share_lock_keys

    def paused_just_before(key_ids):
        pause_keys(keys())
        return hold(key_ids)

    monkeypatch.setattr(importer, "share_lock_keys", paused_just_before)
    run = again(source)
    assert (run.state, run.n_kept, run.n_erased) == (RunState.RETRY, 0, 0)
    assert list(LinkedRecord.objects.values()) == before


def test_a_file_by_hand_waits_where_it_lies(linked, source, sign_in):
    principal = sign_in(linked.principal.user)
    text = "\r\n".join([HEADER, f"1001,{days_ago(3)},病欠,", ""])
    file = SimpleUploadedFile("出欠.csv", text.encode("cp932"))
    file_workers.send(principal, reverse("admin:linkage_upload", args=[source.pk]), {"file": file})
    run = SyncRun.objects.exclude(upload="").get()
    principal.post(reverse("admin:linkage_decide", args=[run.pk, "take"]))
    sync_runs.sync_all()
    run.refresh_from_db()
    assert (run.state, run.n_kept) == (RunState.HELD, 0)
    resume_keys(keys())
    principal.post(reverse("admin:linkage_decide", args=[run.pk, "take"]))
    sync_runs.sync_all()
    run.refresh_from_db()
    assert (run.state, run.n_kept) == (RunState.DONE, 1)
