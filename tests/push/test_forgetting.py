"""Broadcasts of long ago go in parts: one to a city has a million deliveries."""

import itertools
from datetime import datetime, timedelta

import time_machine
from django.utils import timezone

from apps.core.clock import JST
from apps.push import services
from apps.push.models import Broadcast, PushDelivery

NOON = datetime(2026, 11, 24, 12, tzinfo=JST)


def test_old_broadcasts_go_in_parts_and_what_is_left_is_asked_for(cast, push_service, monkeypatch):
    asked = []
    monkeypatch.setattr(services, "FORGOTTEN_AT_ONCE", 3)
    with time_machine.travel(NOON) as daytime:
        for _ in range(7):
            push_service.device_of(cast.sakura.user)
        ends = timezone.now() + timedelta(hours=1)
        services.ring([cast.sakura.user.pk], topic="o" * 32, path="/", expires_at=ends)
        services.deliver_due()
        daytime.shift(timedelta(days=91))
        monkeypatch.setattr(services, "nudge", asked.append)
        with monkeypatch.context() as slow:
            seconds = itertools.count(step=60)
            slow.setattr(services.sweeps.time, "monotonic", lambda: next(seconds))
            assert services.forget_old() == (3, False)
        assert asked == ["push.forget_old"]
        assert (Broadcast.objects.count(), PushDelivery.objects.count()) == (1, 4)
        assert services.forget_old() == (4, True)
    assert not Broadcast.objects.exists()
