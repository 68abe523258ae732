"""Reasons and notes of emergencies that stand readable in their rows are sealed."""

from django.db import migrations

TABLE = "people_emergencyaccess"


def seal(apps, schema_editor):
    emergencies = apps.get_model("people", "EmergencyAccess")
    rows = list(emergencies.objects.all())
    if not rows:
        return
    schema_editor.execute(f"ALTER TABLE {TABLE} DISABLE TRIGGER USER")  # what was said stays said
    emergencies.objects.bulk_update(rows, ["why", "note"], batch_size=500)
    schema_editor.execute(f"ALTER TABLE {TABLE} ENABLE TRIGGER USER")  # migrate makes it ALWAYS


class Migration(migrations.Migration):
    dependencies = [("people", "0020_sealed_words_and_lost_keys")]

    operations = [migrations.RunPython(seal, migrations.RunPython.noop)]
