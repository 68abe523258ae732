"""Fixtures: sakura may check in, everybody has agreed; ren may not."""

import pytest

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


@pytest.fixture
def city(offered):
    return offered.city


@pytest.fixture
def officer(offered):
    return offered.officer.user
