"""A broadcast to a second city is planned in rows that grow with it, whatever the statistics know."""

import hashlib
import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.core import statistics
from apps.people.models import Student, User
from apps.push.audience import BroadcastAudience
from apps.push.models import BroadcastChunk, BroadcastState, PushOrigin, PushSubscription
from apps.push.services import broadcasts, chunks, deliveries
from apps.push.webpush import vapid_key_id
from tests import factories
from tests.plans import RowsHandled, forget_statistics

KNOWN, SMALL, LARGE = 50, 50, 200
LINEAR = 1.3 * LARGE / SMALL  # a product would take 16 times as many rows


def city_with_devices(n, code):
    """A city of n students, each with a guardianless account and a device."""
    of = factories.municipality(code, "計測市(架空)")
    of_class = factories.school_class(factories.school(of, code=f"C117220{code}"))
    users = User.objects.bulk_create(User(username=f"{code}-{number}") for number in range(n))
    Student.objects.bulk_create(
        Student(
            municipality=of, school=of_class.school, user=user, source_id=user.username,
            master_id=uuid.uuid4(), family_name="計測", given_name="さくら", grade="J1",
            home_class=of_class,
        )
        for user in users
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE people_student")  # as the import of a roster does
    origin, _ = PushOrigin.objects.get_or_create(origin="https://push.example")
    PushSubscription.objects.bulk_create(
        PushSubscription(
            municipality=of, school=of_class.school, user=user, origin=origin,
            endpoint=f"https://push.example/{user.username}",
            endpoint_sha256=hashlib.sha256(user.username.encode()).digest(),
            vapid_key=vapid_key_id(settings.VAPID_PUBLIC_KEY),
        )
        for user in users
    )  # fmt: skip
    return of


def rows_of_broadcast(n, code):
    """The rows handled by planning a broadcast to a new city and the deliveries of its chunks."""
    audience = BroadcastAudience(city_with_devices(n, code).pk)
    broadcast = broadcasts.send_to_audience(
        audience, topic=code, path="/", expires_at=timezone.now() + timedelta(days=1)
    )
    with RowsHandled() as rows:
        chunks.plan_next_broadcast()
        for chunk in broadcast.chunks.select_related("broadcast"):
            assert len(chunks.insert_deliveries(chunk)) == len(deliveries._due(chunk)) == 25
    assert broadcast.deliveries.count() == n
    return rows.n


@pytest.mark.parametrize("are_known", [False, True])
def test_planning_and_claiming_are_linear(db, monkeypatch, are_known):
    """Whether nothing is known of devices and deliveries, or those of another city are."""
    monkeypatch.setattr(chunks, "CHUNK_SIZE", 25)
    forget_statistics("push_pushsubscription", "push_pushdelivery")
    rows_of_broadcast(KNOWN, "960000")
    if are_known:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE push_pushsubscription, push_pushdelivery")
    small, large = rows_of_broadcast(SMALL, "960001"), rows_of_broadcast(LARGE, "960002")
    assert large / small < LINEAR


def test_what_a_large_broadcast_wrote_is_known_when_it_has_ended(db, monkeypatch):
    analyse = partial(statistics.analyse_after, at_least=10)
    monkeypatch.setattr(statistics, "analyse_after", analyse)
    rows_of_broadcast(25, "960001")
    BroadcastChunk.objects.update(is_done=True)
    (broadcast,) = {chunk.broadcast for chunk in BroadcastChunk.objects.all()}
    with CaptureQueriesContext(connection) as queries:
        deliveries.finish_broadcast(broadcast.pk)
        deliveries.finish_broadcast(broadcast.pk)
    broadcast.refresh_from_db()
    assert broadcast.state == BroadcastState.FINISHED
    assert len([q for q in queries if q["sql"].startswith("ANALYZE push_pushdelivery")]) == 1
