"""Each task waits in one queue; none that asks outer servers waits where a help request does."""

import pytest

from kaga_portal.celery import app
from kaga_portal.schedule import CRONTABS, HEARTBEAT_TASKS, INTERVALS_S
from kaga_portal.task_queues import LEAST_URGENT, QUEUES, TASKS_OF_QUEUES


@pytest.fixture(scope="module")
def tasks():
    """The names of the project's registered tasks, without Celery's and those of tests."""
    app.loader.import_default_modules()
    return {name for name in app.tasks if not name.startswith(("celery.", "test."))}


def test_each_task_has_exactly_one_queue(tasks):
    """A new task is entered in kaga_portal.task_queues."""
    placed = [name for names in TASKS_OF_QUEUES.values() for name in names]
    assert sorted(placed) == sorted(tasks)
    for queue, names in TASKS_OF_QUEUES.items():
        assert list(names) == sorted(names)
        for name in names:
            assert app.amqp.router.route({}, name)["queue"].name == queue


def test_the_schedule_names_only_tasks_that_exist(tasks):
    assert {*INTERVALS_S, *CRONTABS, *HEARTBEAT_TASKS} <= tasks


def test_queues_stand_in_the_order_of_urgency():
    assert QUEUES == ("help", "followups", "mail", "push", "imports", "sweeps")
    assert list(app.amqp.queues.consume_from) == list(QUEUES)  # of a worker without -Q
    assert app.conf.broker_transport_options["queue_order_strategy"] == "priority"
    assert app.conf.task_default_queue == LEAST_URGENT == "sweeps"


def test_nothing_that_asks_an_outer_server_waits_before_what_a_person_asked_for():
    asking = {
        "helpline.deliver_mail", "mail.send_due", "push.deliver_due", "linkage.sync_all",
        "selfinfo.advance_sessions", "ledger.make_checkpoint",
    }  # fmt: skip
    assert TASKS_OF_QUEUES["help"] == ("helpline.escalate",)
    assert not asking & {*TASKS_OF_QUEUES["help"], *TASKS_OF_QUEUES["followups"]}
    assert INTERVALS_S["helpline.escalate"] <= 15


def test_every_queue_has_a_task_whose_last_run_is_recorded():
    for names in TASKS_OF_QUEUES.values():
        assert set(names) & set(HEARTBEAT_TASKS)
