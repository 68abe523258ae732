"""Old broadcasts are deleted in parts: one to a city has a million deliveries."""

import itertools
from datetime import datetime, timedelta

import time_machine
from django.utils import timezone

from apps.core.clock import JST
from apps.push.models import Broadcast, PushDelivery
from apps.push.services import broadcasts

NOON = datetime(2026, 11, 24, 12, tzinfo=JST)


def test_old_broadcasts_go_in_parts_and_what_is_left_is_asked_for(cast, push_service, monkeypatch):
    n_devices = []
    monkeypatch.setattr(broadcasts, "DELETE_BATCH_SIZE", 3)
    with time_machine.travel(NOON) as daytime:
        for _ in range(7):
            push_service.device_of(cast.sakura.user)
        ends = timezone.now() + timedelta(hours=1)
        broadcasts.send_to_users([cast.sakura.user.pk], topic="o" * 32, path="/", expires_at=ends)
        broadcasts.deliver_due()
        daytime.shift(timedelta(days=91))
        monkeypatch.setattr(broadcasts, "wake_worker", n_devices.append)
        with monkeypatch.context() as slow:
            seconds = itertools.count(step=60)
            slow.setattr(broadcasts.sweeps.time, "monotonic", lambda: next(seconds))
            assert broadcasts.delete_old_broadcasts() == (3, False)
        assert n_devices == ["push.forget_old"]
        assert (Broadcast.objects.count(), PushDelivery.objects.count()) == (1, 4)
        assert broadcasts.delete_old_broadcasts() == (4, True)
    assert not Broadcast.objects.exists()
