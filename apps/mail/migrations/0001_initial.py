"""The tables, constraints and triggers of mail."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import apps.core.clock
import apps.core.sealed_field


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("people", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MailServer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("leased_until", models.DateTimeField(default=apps.core.clock.now)),
                ("paused_until", models.DateTimeField(default=apps.core.clock.now)),
                ("n_failures", models.PositiveIntegerField(default=0)),
                ("away_since", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="OutgoingMail",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=60, verbose_name="種類")),
                (
                    "content",
                    apps.core.sealed_field.SealedTextField(blank=True, verbose_name="内容"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "送るのを待っている"), ("failed", "送れなかった")],
                        default="waiting",
                        max_length=10,
                        verbose_name="状態",
                    ),
                ),
                (
                    "fault",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "—"),
                            ("refused", "相手のサーバーが受け取らなかった"),
                            ("too_late", "送れないうちに、内容の期限が過ぎた"),
                            ("unreadable", "封じた内容が読めなかった"),
                        ],
                        default="",
                        max_length=12,
                        verbose_name="理由",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="頼まれた時"),
                ),
                ("expires_at", models.DateTimeField(verbose_name="期限")),
                (
                    "next_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="次に送る時"),
                ),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="試した回数")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="あきらめた時")),
                (
                    "municipality",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.municipality",
                        verbose_name="自治体",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="アカウント",
                    ),
                ),
            ],
            options={
                "verbose_name": "届かなかったメール",
                "verbose_name_plural": "届かなかったメール",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["expires_at"],
                        name="mail_waiting",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "failed"])),
                        name="mail_outgoingmail_state_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("fault__in", ["", "refused", "too_late", "unreadable"])
                        ),
                        name="mail_outgoingmail_fault_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state", "waiting"), ("content", ""), _connector="OR"),
                        name="failed_mail_has_no_content",
                    ),
                ],
            },
        ),
    ]
