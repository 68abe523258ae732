"""Bulk deletion continues until nothing is due or time is up, in separate transactions."""

from datetime import timedelta

import pytest
from django.db import DatabaseError

from apps.audit.models import Action, AuditEvent
from apps.audit.services.audit_events import record
from apps.core import clock, sweeps
from apps.core.models import UsedFormKey
from apps.core.sweeps import SweepResult
from tests.database_roles import as_owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticking(monkeypatch):
    """Each look at the monotonic clock is a second later than the last."""
    seconds = iter(range(1000))
    monkeypatch.setattr(sweeps.time, "monotonic", lambda: next(seconds))


def used(n):
    long_ago = clock.now() - timedelta(days=9)
    UsedFormKey.objects.bulk_create(
        UsedFormKey(key=f"{number:032x}", body="", used_at=long_ago) for number in range(n)
    )
    return UsedFormKey.objects.filter(used_at__lt=clock.now() - timedelta(days=1))


def test_all_that_is_due_goes_however_many_transactions_it_takes():
    due = used(25)
    assert sweeps.run_sweep(lambda: sweeps.delete_batch(due, at_once=10)) == SweepResult(25, True)
    assert not UsedFormKey.objects.exists()


def test_a_run_ends_at_its_deadline_and_says_that_more_is_due(ticking):
    due = used(25)
    found = sweeps.run_sweep(lambda: sweeps.delete_batch(due, at_once=2), seconds=4)
    assert found == SweepResult(8, False)
    assert due.count() == 17


def test_what_is_not_due_stays():
    used(3)
    UsedFormKey.objects.create(key="f" * 32, body="", used_at=clock.now())
    sweeps.run_sweep(
        lambda: sweeps.delete_batch(
            UsedFormKey.objects.filter(used_at__lt=clock.now() - timedelta(days=1))
        )
    )
    assert UsedFormKey.objects.get().key == "f" * 32


def test_a_failing_step_keeps_what_went_before(ticking):
    due, calls = used(6), []

    def step():
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError
        return sweeps.delete_batch(due, at_once=2)

    with pytest.raises(RuntimeError):
        sweeps.run_sweep(step)
    assert due.count() == 2


def test_what_only_may_be_appended_stays_whatever_a_sweep_asks():
    record(Action.ROWS_SWEPT)
    with as_owner(), pytest.raises(DatabaseError, match="append_only"):
        sweeps.run_sweep(lambda: sweeps.delete_batch(AuditEvent.objects.all()))
