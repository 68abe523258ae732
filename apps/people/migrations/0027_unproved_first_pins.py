"""A first PIN that closed what was there before it waits now for a second person, as a reset does."""

from django.db import migrations
from django.db.models import F, Q


def wait_for_proof(apps, schema_editor):
    students = apps.get_model("people", "Student").objects.exclude(first_pin_at=None)
    settled = Q(pin_reset_confirmed_at__gte=F("first_pin_at"))
    waits = Q(pin_reset_at__isnull=False, pin_reset_confirmed_at=None)
    students.exclude(settled).exclude(waits).update(
        pin_reset_at=F("first_pin_at"), pin_reset_by=None, pin_reset_confirmed_at=None,
        pin_chosen_at=F("first_pin_at"),
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("people", "0026_session_epoch")]
    operations = [migrations.RunPython(wait_for_proof, migrations.RunPython.noop, elidable=True)]
