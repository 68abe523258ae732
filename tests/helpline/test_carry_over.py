"""A portal that was already in use: rosters and waiting wishes come over, and nothing is promised
that nobody approved."""

import uuid
from datetime import time

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
OLD, NEW = [("helpline", "0001_initial")], [("helpline", "0004_promise_kept_by_the_database")]


def migrate(to):
    executor = MigrationExecutor(connection)
    executor.migrate(to)
    return MigrationExecutor(connection).loader.project_state(to).apps


@pytest.fixture
def old_apps():
    yield migrate(OLD)
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_hours_become_weekdays_and_waiting_wishes_get_their_first_step(old_apps):
    city = factories.municipality()
    student = factories.student(factories.school_class(factories.school(city)))
    nurse, head = factories.user("n@city.example"), factories.user("h@city.example")
    old_apps.get_model("helpline", "DutyRoster").objects.create(
        municipality_id=city.pk, school_id=student.school_id, first_id=nurse.pk,
        second_id=head.pk, last_id=head.pk, opens_at=time(9), closes_at=time(15), is_on=True,
    )  # fmt: skip
    old_apps.get_model("helpline", "HelpRequest").objects.create(
        municipality_id=city.pk, student_id=student.pk, purpose="helpline", key_id=uuid.uuid4(),
        sealed=b"x", form_key=uuid.uuid4(), state="sent", sent_at=timezone.now(),
    )  # fmt: skip
    apps = migrate(NEW)
    roster = apps.get_model("helpline", "DutyRoster").objects.get()
    assert (roster.is_on, roster.second_id, roster.last_id) == (False, head.pk, None)
    hours = apps.get_model("helpline", "DutyHours").objects.values_list("weekday", "opens_at")
    assert sorted(hours) == [(day, time(9)) for day in range(5)]
    step = apps.get_model("helpline", "ChainStep").objects.get()
    assert (step.number, step.kind, step.state) == (1, "first", "pending")
    assert step.request_id is not None
