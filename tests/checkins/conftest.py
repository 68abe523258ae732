"""sakura may check in: everybody has agreed. ren may not."""

import pytest

from apps.checkins.services import install_questions
from apps.consent.models import Purpose
from tests import factories


@pytest.fixture
def offered(cast):
    install_questions()
    factories.effective(cast.sakura, Purpose.CHECKIN_REVIEW)
    return cast
