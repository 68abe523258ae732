"""Broadcasts to a town."""

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from apps.core.clock import JST
from apps.push.audience import BroadcastAudience
from apps.push.services import broadcasts

NOON = datetime(2026, 11, 24, 12, tzinfo=JST)


def send_to_all(cast, **more):
    values = {
        "topic": "n" * 32,
        "path": "/notices/x/",
        "expires_at": timezone.now() + timedelta(days=2),
    }
    audience = more.pop("audience", None) or BroadcastAudience(cast.city.pk)
    return broadcasts.send_to_audience(audience, **{**values, **more})


def url(name, *args):
    return reverse(f"admin:push_{name}", args=args)
