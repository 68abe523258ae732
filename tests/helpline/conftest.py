"""A school whose roster is on: the nurse first, then the counsellor, the principal last."""

import pytest

from apps.people.models import StaffPost
from tests import factories


@pytest.fixture
def on_duty(cast):
    StaffPost.objects.update(begins_on=None)  # tests travel in time
    cast.duty = factories.duty_roster(cast)
    return cast
