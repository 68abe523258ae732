"""A periodic task calls its steps in their order and notes the run when the last one has ended."""

import pytest

from apps.core.models import Heartbeat
from apps.core.periodic_work import periodic_task
from kaga_portal.celery import app

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _named(settings):
    """Why each of them sees every municipality is said."""
    names = ("test.steps", "test.noted", "test.fails")
    settings.ACROSS_MUNICIPALITIES = dict.fromkeys(names, "for a test")


def test_a_task_without_a_reason_to_look_across_is_not_made():
    with pytest.raises(LookupError, match=r"test\.unnamed"):
        periodic_task("test.unnamed", lambda: None)


@pytest.fixture(autouse=True)
def _no_task_of_a_test_stays():
    """Laws over all tasks run in the same process."""
    yield
    for name in [name for name in app.tasks if name.startswith("test.")]:
        app.tasks.unregister(name)


def test_the_steps_run_in_their_order():
    done = []
    periodic_task("test.steps", lambda: done.append(1), lambda: done.append(2))()
    assert done == [1, 2]


def test_a_run_of_the_scheduler_is_noted_and_one_on_request_is_not():
    task = periodic_task("test.noted", lambda: None)
    task()
    assert not Heartbeat.objects.filter(name="test.noted").exists()
    task(every_s=15)
    assert Heartbeat.objects.filter(name="test.noted").exists()


def test_a_step_that_fails_ends_the_run_without_a_note():
    done = []
    task = periodic_task("test.fails", lambda: 1 // 0, lambda: done.append(1))
    with pytest.raises(ZeroDivisionError):
        task(every_s=15)
    assert done == [] and not Heartbeat.objects.filter(name="test.fails").exists()
