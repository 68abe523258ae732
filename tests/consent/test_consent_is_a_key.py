"""Consent is a key: everybody's agreement makes it, one withdrawal destroys it."""

import uuid

from apps.consent.models import Purpose
from apps.consent.services.decisions import withdraw
from apps.consent.services.purpose_status import is_effective
from tests import factories


def test_agreement_of_both_makes_the_key_and_withdrawing_destroys_it(cast):
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    assert is_effective(cast.sakura, Purpose.ATTENDANCE)
    withdraw(
        student=cast.sakura,
        actor=cast.midori.user,
        purpose=Purpose.ATTENDANCE,
        form_key=uuid.uuid4(),
    )
    assert not is_effective(cast.sakura, Purpose.ATTENDANCE)
