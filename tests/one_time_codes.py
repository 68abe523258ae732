"""Numbers of an authenticator app, as a person would type them."""

import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from tests import factories

STEP_S = 30  # RFC 6238, 5.2: the default time step
TIME_TO_TYPE_S = 3


def one_time_code(secret: str = factories.TOTP_SECRET) -> str:
    """The number of this half minute; of the next one, if this one is nearly over."""
    left = STEP_S - time.time() % STEP_S
    if left < TIME_TO_TYPE_S:
        time.sleep(left + 0.1)
    return format_hotp_value(hotp_value(secret, int(time.time()) // STEP_S))
