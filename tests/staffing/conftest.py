"""Fixtures of the tests of this app."""

import pytest

from apps.people.models import Role
from tests import factories
from tests.signin.conftest import _tries_of_this_test_alone  # noqa: F401 - a fixture


@pytest.fixture
def town(cast):
    """The cast, and a privacy officer."""
    cast.privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当")
    return cast
