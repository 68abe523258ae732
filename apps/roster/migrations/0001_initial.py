"""The tables, constraints and triggers of roster."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import apps.core.clock


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("people", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RosterImport",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("file_name", models.CharField(max_length=200, verbose_name="ファイル")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("checked", "確認まち"),
                            ("imported", "取り込みました"),
                            ("refused", "取り込めません"),
                            ("forgotten", "取り込みませんでした"),
                        ],
                        max_length=10,
                        verbose_name="状態",
                    ),
                ),
                ("report", models.JSONField(default=dict, verbose_name="結果")),
                (
                    "created_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, editable=False, verbose_name="確かめた時"
                    ),
                ),
                (
                    "imported_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="取り込んだ時"),
                ),
                (
                    "municipality",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.municipality",
                        verbose_name="自治体",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="だれが",
                    ),
                ),
            ],
            options={
                "verbose_name": "名簿の取り込み",
                "verbose_name_plural": "名簿の取り込み",
                "ordering": ["-created_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["checked", "imported", "refused", "forgotten"])
                        ),
                        name="roster_rosterimport_state_valid",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RosterPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("body", models.BinaryField()),
                (
                    "roster_import",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="roster.rosterimport",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("roster_import", "number"), name="roster_part_once"
                    )
                ],
            },
        ),
    ]
