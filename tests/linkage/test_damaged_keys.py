"""A damaged key of one student: the file is imported for the others, and nothing is deleted."""

import pytest

from apps.linkage.models import LinkedRecord, RunState
from apps.linkage.services import sync_runs
from apps.vault.models import SubjectKey
from apps.vault.services import rotation
from tests.linkage.test_attendance_import import days_ago
from tests.vault.damage_helpers import damage, lose_share, share_of


def again(source):
    run = sync_runs.sync_source(source)
    source.refresh_from_db()
    return run


@pytest.fixture
def linked(agreed, source, put):
    """Two days of sakura's are imported; then the share of her key is lost."""
    put(f"1001,{days_ago(1)},病欠,", f"1001,{days_ago(2)},遅刻,")
    assert again(source).n_kept == 2
    agreed.key = SubjectKey.objects.get(student=agreed.sakura, purpose="attendance")
    agreed.share = lose_share(agreed.key.pk)
    return agreed


def test_a_file_takes_nothing_from_whose_key_is_damaged(linked, source, put):
    put(f"1001,{days_ago(1)},出席,", f"1001,{days_ago(3)},病欠,")
    run = again(source)
    assert (run.state, run.n_kept, run.n_erased) == (RunState.PARTLY, 0, 0)
    assert "2行は、鍵が こわれて" in run.issues.get().reason
    assert LinkedRecord.objects.count() == 2


def test_what_was_left_out_is_read_once_the_share_is_found(linked, source, put):
    put(f"1001,{days_ago(1)},出席,", f"1001,{days_ago(3)},病欠,")
    again(source)
    share_of(linked.key.pk).write_bytes(linked.share)
    assert rotation.recheck_damaged_keys() == 1
    run = again(source)
    assert (run.state, run.n_kept) == (RunState.DONE, 2)


def test_a_damaged_row_does_not_stop_a_file_that_covers_its_days(agreed, source, put):
    put(f"1001,{days_ago(1)},病欠,", f"1001,{days_ago(5)},遅刻,")
    again(source)
    damage(LinkedRecord.objects.first())
    put(f"1001,{days_ago(2)},病欠,", f"1001,{days_ago(3)},遅刻,", name="出欠2.csv")
    assert again(source).state in (RunState.DONE, RunState.PARTLY)
