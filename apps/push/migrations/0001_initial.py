"""The tables, constraints and triggers of push."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

import apps.core.clock
from apps.core.sql_files import sql_file


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("people", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Broadcast",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("topic", models.CharField(max_length=32, verbose_name="話題")),
                ("path", models.CharField(max_length=200, verbose_name="行き先")),
                ("audience", models.JSONField(blank=True, null=True, verbose_name="宛先")),
                (
                    "user_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), blank=True, null=True, size=None
                    ),
                ),
                ("is_urgent", models.BooleanField(default=False, verbose_name="緊急")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planning", "準備しています"),
                            ("running", "送っています"),
                            ("paused", "止めています"),
                            ("cancelled", "取りやめました"),
                            ("finished", "終わりました"),
                        ],
                        default="planning",
                        max_length=10,
                        verbose_name="状態",
                    ),
                ),
                ("round", models.PositiveSmallIntegerField(default=0)),
                ("n_people", models.PositiveIntegerField(default=0, verbose_name="宛先の人数")),
                ("n_able", models.PositiveIntegerField(default=0, verbose_name="端末のある人数")),
                (
                    "created_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="はじめた時"),
                ),
                ("expires_at", models.DateTimeField(verbose_name="期限")),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="終わった時"),
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
            ],
            options={
                "verbose_name": "通知",
                "verbose_name_plural": "通知",
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="PushOrigin",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "origin",
                    models.CharField(max_length=200, unique=True, verbose_name="配信サービス"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("closed", "つながっています"),
                            ("open", "止めています"),
                            ("half_open", "ためしています"),
                        ],
                        default="closed",
                        max_length=10,
                        verbose_name="状態",
                    ),
                ),
                (
                    "open_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="次に ためす時"),
                ),
                ("rate", models.FloatField(default=0, verbose_name="1秒に 送る数")),
                ("tokens", models.FloatField(default=0)),
                ("tokens_at", models.DateTimeField(blank=True, null=True)),
                ("n_sent", models.FloatField(default=0, verbose_name="最近 送った数")),
                ("n_failed", models.FloatField(default=0, verbose_name="最近 失敗した端末")),
                (
                    "n_throttled",
                    models.FloatField(default=0, verbose_name="最近 待つよう 言われた端末"),
                ),
                (
                    "n_refused",
                    models.FloatField(default=0, verbose_name="最近 署名を 断られた端末"),
                ),
                ("n_lost_probes", models.PositiveIntegerField(default=0)),
                ("clean_since", models.DateTimeField(blank=True, null=True)),
                (
                    "refused_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="署名を 断られた時"),
                ),
            ],
            options={
                "verbose_name": "配信サービス",
                "verbose_name_plural": "配信サービス",
                "ordering": ["origin"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["closed", "open", "half_open"])),
                        name="push_pushorigin_state_valid",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BroadcastChunk",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("round", models.PositiveSmallIntegerField(default=0)),
                ("lo", models.UUIDField()),
                ("hi", models.UUIDField()),
                ("is_done", models.BooleanField(default=False)),
                ("inserted_at", models.DateTimeField(null=True)),
                ("next_at", models.DateTimeField(default=apps.core.clock.now)),
                ("lease_until", models.DateTimeField(null=True)),
                ("n_lost", models.PositiveSmallIntegerField(default=0)),
                ("n", models.PositiveIntegerField(default=0)),
                ("n_accepted", models.PositiveIntegerField(default=0)),
                ("n_gone", models.PositiveIntegerField(default=0)),
                ("n_failed", models.PositiveIntegerField(default=0)),
                ("n_expired", models.PositiveIntegerField(default=0)),
                (
                    "broadcast",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="push.broadcast",
                    ),
                ),
                (
                    "origin",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="push.pushorigin"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_done", False)),
                        fields=["next_at"],
                        name="push_chunks_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("broadcast", "round", "origin", "lo"), name="chunk_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PushSubscription",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("endpoint", models.TextField(editable=False)),
                ("endpoint_sha256", models.BinaryField(unique=True)),
                ("p256dh", models.CharField(editable=False, max_length=120)),
                ("auth", models.CharField(editable=False, max_length=40)),
                ("vapid_key", models.CharField(max_length=16, verbose_name="鍵の番号")),
                ("device", models.CharField(blank=True, max_length=80, verbose_name="端末")),
                (
                    "created_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="登録した時"),
                ),
                (
                    "bound_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, verbose_name="この人に 結んだ時"
                    ),
                ),
                (
                    "seen_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, verbose_name="最後に 開いた時"
                    ),
                ),
                (
                    "accepted_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="最後に 預けた時"),
                ),
                (
                    "acked_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="最後に 鳴った時"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("live", "受け取っています"),
                            ("left", "本人が やめました"),
                            ("signed_out", "この端末で 終わりました"),
                            ("gone", "端末が なくなりました"),
                            ("key_changed", "鍵が 変わりました"),
                            ("too_many", "端末が 多すぎました"),
                        ],
                        default="live",
                        max_length=12,
                        verbose_name="状態",
                    ),
                ),
                (
                    "disabled_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="やめた時"),
                ),
                ("n_trouble", models.PositiveSmallIntegerField(default=0)),
                (
                    "municipality",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.municipality",
                    ),
                ),
                (
                    "origin",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="push.pushorigin",
                        verbose_name="配信サービス",
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="people.school",
                        verbose_name="学校",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="push_subscriptions",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="アカウント",
                    ),
                ),
            ],
            options={
                "verbose_name": "通知を受け取る端末",
                "verbose_name_plural": "通知を受け取る端末",
                "indexes": [
                    models.Index(
                        condition=models.Q(("disabled_at", None)),
                        fields=["origin", "id"],
                        name="push_live_devices",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["live", "left", "signed_out", "gone", "key_changed", "too_many"],
                            )
                        ),
                        name="push_pushsubscription_state_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("disabled_at", None), ("state", "live")),
                            models.Q(
                                models.Q(("state", "live"), _negated=True),
                                ("disabled_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="device_live_or_disabled",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="broadcast",
            name="device",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                to="push.pushsubscription",
            ),
        ),
        migrations.CreateModel(
            name="PushDelivery",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "broadcast_id",
                        "subscription_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "待っています"),
                            ("accepted", "預けました"),
                            ("gone", "端末が なくなりました"),
                            ("failed", "届けられませんでした"),
                            ("expired", "時間切れ"),
                            ("cancelled", "取りやめました"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_at", models.DateTimeField(default=apps.core.clock.now)),
                ("http_status", models.PositiveSmallIntegerField(null=True)),
                ("error_code", models.CharField(blank=True, max_length=40)),
                ("finished_at", models.DateTimeField(null=True)),
                ("acked_at", models.DateTimeField(null=True)),
                (
                    "broadcast",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="push.broadcast",
                    ),
                ),
                (
                    "chunk",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="push.broadcastchunk",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="push.pushsubscription",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("acked_at__isnull", False)),
                        fields=["broadcast"],
                        name="push_acked",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["pending", "accepted", "gone", "failed", "expired", "cancelled"],
                            )
                        ),
                        name="push_pushdelivery_state_valid",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="broadcast",
            index=models.Index(
                condition=models.Q(("state__in", ["planning", "running"])),
                fields=["created_at"],
                name="push_broadcast_at_work",
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcast",
            constraint=models.UniqueConstraint(fields=("topic",), name="broadcast_topic_once"),
        ),
        migrations.AddConstraint(
            model_name="broadcast",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["planning", "running", "paused", "cancelled", "finished"])
                ),
                name="push_broadcast_state_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcast",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("audience__isnull", False),
                    ("user_ids__isnull", False),
                    ("device__isnull", False),
                    _connector="OR",
                ),
                name="broadcast_is_for_somebody",
            ),
        ),
        migrations.CreateModel(
            name="QuietHours",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("begins", models.TimeField(verbose_name="鳴らさない はじめ")),
                ("ends", models.TimeField(verbose_name="鳴らさない おわり")),
                (
                    "municipality",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.municipality",
                        verbose_name="自治体",
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.school",
                        verbose_name="学校",
                    ),
                ),
            ],
            options={
                "verbose_name": "通知を鳴らさない時間",
                "verbose_name_plural": "通知を鳴らさない時間",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("municipality", "school"),
                        name="quiet_hours_once",
                        nulls_distinct=False,
                        violation_error_message="この学校の時間は、もう決めてあります。",
                    )
                ],
            },
        ),
        sql_file("push", "room_on_the_page"),
    ]
