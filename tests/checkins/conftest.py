"""Fixtures: sakura may check in, everybody has agreed; ren may not."""

import pytest

from apps.checkins.services import delivery_keys
from apps.checkins.services.question_sets import (
    seed_questions,
)
from apps.consent.models import Purpose
from tests import factories


@pytest.fixture
def offered(cast):
    seed_questions()
    factories.make_effective(cast.sakura, Purpose.CHECKIN_REVIEW)
    return cast


@pytest.fixture(autouse=True)
def _no_key_of_another_test():
    delivery_keys.forget_cached_keys()


@pytest.fixture
def city(offered):
    return offered.city


@pytest.fixture
def officer(offered):
    return offered.officer.user
