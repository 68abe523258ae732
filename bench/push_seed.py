"""Students with one device each, in the bench's own database."""

import hashlib
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.people.models import Municipality, School, Student, User
from apps.push.models import Broadcast, PushDelivery, PushOrigin, PushSubscription
from apps.push.webpush import endpoint_origin, vapid_key_id


def devices(targets):
    """Replace all devices by these ({"endpoint", "keys"}), one a student; returns the municipality's id."""
    Broadcast.objects.all().delete()
    PushSubscription.objects.all().delete()
    PushOrigin.objects.all().delete()
    city, _ = Municipality.objects.get_or_create(code="999991", defaults={"name": "計測用(架空)"})
    students = _students(city, len(targets))
    origin = PushOrigin.objects.create(origin=endpoint_origin(targets[0]["endpoint"]))
    PushSubscription.objects.bulk_create(
        PushSubscription(
            municipality=city, user_id=user, origin=origin, endpoint=target["endpoint"],
            endpoint_sha256=hashlib.sha256(target["endpoint"].encode()).digest(),
            p256dh=target["keys"]["p256dh"], auth=target["keys"]["auth"],
            vapid_key=vapid_key_id(settings.VAPID_PUBLIC_KEY),
        )
        for target, user in zip(targets, students, strict=True)
    )  # fmt: skip
    _as_lived_in("push_pushsubscription", "push_pushdelivery", "people_student", "people_user")
    return city.pk


def _as_lived_in(*tables):
    """Vacuum and analyse, as after a while in use."""
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM (FULL, ANALYZE) {', '.join(tables)}")


def _students(city, n):
    Student.objects.filter(municipality=city).delete()
    school, _ = School.objects.get_or_create(
        municipality=city, source_id="bench", defaults={"code": "X", "name": "計測用(架空)"}
    )
    users = User.objects.bulk_create(User(username=uuid.uuid4().hex) for _ in range(n))
    Student.objects.bulk_create(
        Student(municipality=city, school=school, user=user, source_id=user.username,
                master_id=uuid.uuid4(), family_name="計測", given_name="用", grade="J1")
        for user in users
    )  # fmt: skip
    return [user.pk for user in users]


def tomorrow():
    return timezone.now() + timedelta(days=1)


def is_over(broadcast):
    """Whether every delivery is final."""
    broadcast.refresh_from_db()
    return broadcast.is_stopped and not PushDelivery.objects.filter(state="pending").exists()
