"""sakura may check in: everybody has agreed. ren may not."""

import pytest

from apps.checkins.services import delivering, install_questions
from apps.consent.models import Purpose
from tests import factories


@pytest.fixture
def offered(cast):
    install_questions()
    factories.effective(cast.sakura, Purpose.CHECKIN_REVIEW)
    return cast


@pytest.fixture(autouse=True)
def _no_key_of_another_test():
    delivering._key_of_today.cache_clear()
    delivering._private.cache_clear()
