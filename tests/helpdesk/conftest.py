"""Fixtures of the helpdesk."""

import pytest

from tests import factories


@pytest.fixture
def on_duty(cast):
    """The cast, with a school that takes help requests."""
    cast.duty = factories.duty_roster(cast)
    return cast
