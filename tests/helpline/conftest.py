"""A school whose roster is on: the nurse first, then the counsellor, the principal last."""

from datetime import time

import pytest

from apps.helpline.models import DutyRoster


@pytest.fixture
def on_duty(cast):
    cast.duty = DutyRoster.objects.create(
        municipality=cast.city, school=cast.school, first=cast.nurse.user,
        second=cast.counsellor.user, last=cast.principal.user,
        opens_at=time(8, 30), closes_at=time(16, 30), is_on=True,
    )  # fmt: skip
    return cast
