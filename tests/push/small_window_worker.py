"""A process that delivers what is due, a few messages at a time: for tests that kill it."""

import django

django.setup()

from apps.core.municipality_scope import everywhere  # noqa: E402
from apps.push import transport  # noqa: E402 - the models are there after setup
from apps.push.services import broadcasts, delivery_run  # noqa: E402

WRITTEN, CONNECTIONS = 10, 6

if __name__ == "__main__":
    delivery_run.WRITE_BATCH_SIZE = WRITTEN
    transport.CONNECTIONS_PER_HOST = CONNECTIONS
    with everywhere("push.deliver_due"):
        broadcasts.deliver_due()
