"""Fixtures: a school whose duty roster is on: nurse first, then counsellor, principal last."""

import pytest
import time_machine

from apps.people.models import StaffPost
from tests import factories
from tests.helpline.escalation_helpers import TEN


@pytest.fixture
def on_duty(cast):
    StaffPost.objects.update(begins_on=None)  # tests travel in time
    cast.duty = factories.duty_roster(cast)
    return cast


@pytest.fixture
def clock():
    with time_machine.travel(TEN, tick=False) as traveller:
        yield traveller
