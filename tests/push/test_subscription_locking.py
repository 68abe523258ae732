"""Two broadcasts to the same devices lock them in one order, so that there is no deadlock."""

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from apps.push.models import BroadcastChunk, PushSubscription
from apps.push.services import broadcasts, chunks
from apps.push.services.delivery_results import write_accepted, write_responses
from apps.push.transport import PushResponse
from tests.push.test_hostile_service import bind, hostile_service

__all__ = ["hostile_service"]
pytestmark = pytest.mark.django_db(transaction=True)


def is_free(device):
    try:
        with transaction.atomic():
            PushSubscription.objects.select_for_update(nowait=True).get(pk=device.pk)
    except OperationalError:
        return False
    return True


def settled(chunk, given, statuses):
    """Save these responses ({subscription id: status}), as the worker does."""
    answers = [PushResponse((None, pk), status) for pk, status in statuses.items()]
    if set(statuses.values()) == {201}:
        return write_accepted(chunk, 201, answers, timezone.now() + timedelta(minutes=1))
    with transaction.atomic():
        return write_responses(chunk, given, answers)


@pytest.mark.parametrize("of_first", [201, 410, 500])
@pytest.mark.parametrize("of_last", [201, 410, 500])
def test_who_waits_for_the_first_device_holds_no_later_one(
    cast, hostile_service, of_first, of_last
):
    bind(hostile_service, cast.sakura.user, {"well": 2})
    first, last = PushSubscription.objects.order_by("pk")
    broadcasts.send_to_users(
        [cast.sakura.user.pk],
        topic="a" * 32,
        path="/",
        expires_at=timezone.now() + timedelta(hours=6),
    )
    chunks.plan_next_broadcast()
    chunk, ended = BroadcastChunk.objects.get(), []
    given = {row.subscription_id: row for row in chunks.insert_deliveries(chunk)}
    chunk.lease_until = timezone.now() + timedelta(minutes=1)
    chunk.save()

    def work():
        try:
            settled(chunk, given, {last.pk: of_last, first.pk: of_first})
            ended.append(True)
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    with transaction.atomic():
        PushSubscription.objects.select_for_update().get(pk=first.pk)
        worker.start()
        worker.join(timeout=0.5)
        assert worker.is_alive()
        assert is_free(last)
    worker.join(timeout=10)
    assert ended == [True]
