"""The tables, constraints and triggers of core."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("beat_at", models.DateTimeField()),
                ("late_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="UsedFormKey",
            fields=[
                ("key", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("body", models.CharField(max_length=64)),
                ("thing_id", models.CharField(blank=True, max_length=60)),
                ("used_at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
