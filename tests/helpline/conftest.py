"""Fixtures: a school whose duty roster is on: nurse first, then counsellor, principal last."""

import pytest

from apps.people.models import StaffPost
from tests import factories


@pytest.fixture
def on_duty(cast):
    StaffPost.objects.update(begins_on=None)  # tests travel in time
    cast.duty = factories.duty_roster(cast)
    return cast
