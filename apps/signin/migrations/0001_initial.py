"""The tables, constraints and triggers of signin."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import uuid_utils.compat
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
            name="LoginCard",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("code_digest", models.BinaryField(unique=True)),
                ("sealed_code", models.BinaryField(null=True)),
                (
                    "code_ring_key",
                    models.CharField(blank=True, default="", editable=False, max_length=20),
                ),
                ("pin_digest", models.BinaryField(null=True)),
                (
                    "pin_ring_key",
                    models.CharField(
                        blank=True, db_default="", default="", editable=False, max_length=20
                    ),
                ),
                ("pin_bound_to", models.UUIDField(editable=False, null=True)),
                (
                    "pin_set_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="暗証番号を決めた時"),
                ),
                (
                    "failures",
                    models.PositiveSmallIntegerField(
                        default=0, verbose_name="つづけて まちがえた回数"
                    ),
                ),
                (
                    "locked_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="止まっている間"),
                ),
                (
                    "wrong_at",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DateTimeField(),
                        blank=True,
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="まちがえた時",
                    ),
                ),
                (
                    "stopped_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="止めた時"),
                ),
                (
                    "entered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="さいごに入った時"),
                ),
                (
                    "issued_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="出した時"),
                ),
                (
                    "revoked_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="使えなくした時"),
                ),
                (
                    "unused_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="はじめて使う期限"),
                ),
                (
                    "issued_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "municipality",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.municipality",
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="login_cards",
                        to="people.student",
                        verbose_name="生徒",
                    ),
                ),
            ],
            options={
                "verbose_name": "ログインカード",
                "verbose_name_plural": "ログインカード",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at", None)),
                        fields=("student",),
                        name="one_valid_card",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PinEvent",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("first", "はじめて決めました"),
                            ("confirmed", "本人が決めたと確かめました"),
                            ("changed", "本人が変えました"),
                        ],
                        max_length=10,
                        verbose_name="何",
                    ),
                ),
                ("at", models.DateTimeField(db_index=True, verbose_name="いつ")),
                (
                    "confirmed_role",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("homeroom", "担任"),
                            ("nurse", "養護教諭"),
                            ("counsellor", "スクールカウンセラー"),
                            ("social_worker", "スクールソーシャルワーカー"),
                            ("principal", "管理職"),
                            ("year_head", "学年主任"),
                            ("office", "事務"),
                            ("teacher", "教員"),
                            ("city", "市の担当者"),
                            ("helpdesk", "ヘルプデスク"),
                            ("privacy", "個人情報保護の担当"),
                            ("family_centre", "こども家庭センターの担当"),
                        ],
                        max_length=20,
                        verbose_name="立場",
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="確かめた人",
                    ),
                ),
                (
                    "municipality",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.municipality",
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.student",
                        verbose_name="生徒",
                    ),
                ),
            ],
            options={
                "verbose_name": "暗証番号の確認",
                "verbose_name_plural": "暗証番号の確認",
                "ordering": ["-at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["first", "confirmed", "changed"])),
                        name="signin_pinevent_kind_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("confirmed_by__isnull", False),
                                ("kind", "confirmed"),
                                (
                                    "confirmed_role__in",
                                    [
                                        "homeroom",
                                        "nurse",
                                        "counsellor",
                                        "social_worker",
                                        "principal",
                                        "year_head",
                                        "office",
                                        "teacher",
                                        "city",
                                        "helpdesk",
                                        "privacy",
                                        "family_centre",
                                    ],
                                ),
                            ),
                            models.Q(
                                models.Q(("kind", "confirmed"), _negated=True),
                                ("confirmed_by", None),
                                ("confirmed_role", ""),
                            ),
                            _connector="OR",
                        ),
                        name="pin_event_confirmed_by_somebody",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pinevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="d8cbbf59be3ea5538f3d414e9a35ba0a45cfb236",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_414f4",
                    table="signin_pinevent",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pinevent",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="4e9231898151af76182987f19f05b8dc86c170c2",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_5fc30",
                    table="signin_pinevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="PinReset",
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
                ("reset_at", models.DateTimeField(verbose_name="いつ")),
                (
                    "reset_role",
                    models.CharField(
                        choices=[
                            ("homeroom", "担任"),
                            ("nurse", "養護教諭"),
                            ("counsellor", "スクールカウンセラー"),
                            ("social_worker", "スクールソーシャルワーカー"),
                            ("principal", "管理職"),
                            ("year_head", "学年主任"),
                            ("office", "事務"),
                            ("teacher", "教員"),
                            ("city", "市の担当者"),
                            ("helpdesk", "ヘルプデスク"),
                            ("privacy", "個人情報保護の担当"),
                            ("family_centre", "こども家庭センターの担当"),
                        ],
                        max_length=20,
                        verbose_name="立場",
                    ),
                ),
                (
                    "municipality",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.municipality",
                    ),
                ),
                (
                    "reset_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="だれが",
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.student",
                        verbose_name="生徒",
                    ),
                ),
            ],
            options={
                "verbose_name": "暗証番号の決めなおし",
                "verbose_name_plural": "暗証番号の決めなおし",
                "ordering": ["-reset_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "reset_role__in",
                                [
                                    "homeroom",
                                    "nurse",
                                    "counsellor",
                                    "social_worker",
                                    "principal",
                                    "year_head",
                                    "office",
                                    "teacher",
                                    "city",
                                    "helpdesk",
                                    "privacy",
                                    "family_centre",
                                ],
                            )
                        ),
                        name="signin_pinreset_reset_role_valid",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pinreset",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="2f59bd401bcaa8ca685fa26de568d0861330adfb",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_f5806",
                    table="signin_pinreset",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pinreset",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="fa579dc37d7dced4f2de832ab9cc5c8e5f780b57",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_38779",
                    table="signin_pinreset",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="SessionEnding",
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
                ("ended_at", models.DateTimeField()),
                (
                    "by_role",
                    models.CharField(
                        choices=[
                            ("homeroom", "担任"),
                            ("nurse", "養護教諭"),
                            ("counsellor", "スクールカウンセラー"),
                            ("social_worker", "スクールソーシャルワーカー"),
                            ("principal", "管理職"),
                            ("year_head", "学年主任"),
                            ("office", "事務"),
                            ("teacher", "教員"),
                            ("city", "市の担当者"),
                            ("helpdesk", "ヘルプデスク"),
                            ("privacy", "個人情報保護の担当"),
                            ("family_centre", "こども家庭センターの担当"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("device_lost", "端末をなくした"),
                            ("somebody_else", "ほかの人が使っているおそれがある"),
                            ("asked", "本人(または保護者)に頼まれた"),
                            ("for_many", "学校や自治体の全員について、二人で決めた"),
                        ],
                        max_length=20,
                    ),
                ),
                ("announced_at", models.DateTimeField(null=True)),
                (
                    "ended_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("announced_at", None)),
                        fields=["user"],
                        name="signin_ending_untold",
                    ),
                    models.Index(fields=["ended_by", "ended_at"], name="signin_ending_by"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "by_role__in",
                                [
                                    "homeroom",
                                    "nurse",
                                    "counsellor",
                                    "social_worker",
                                    "principal",
                                    "year_head",
                                    "office",
                                    "teacher",
                                    "city",
                                    "helpdesk",
                                    "privacy",
                                    "family_centre",
                                ],
                            )
                        ),
                        name="signin_sessionending_by_role_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reason__in", ["device_lost", "somebody_else", "asked", "for_many"])
                        ),
                        name="signin_sessionending_reason_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UserSession",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("session_key", models.CharField(max_length=40)),
                ("epoch", models.PositiveIntegerField()),
                ("method", models.CharField(blank=True, max_length=40, verbose_name="入りかた")),
                ("device", models.CharField(max_length=40, verbose_name="端末")),
                ("began_at", models.DateTimeField(verbose_name="始まり")),
                ("ends_at", models.DateTimeField(verbose_name="遅くとも終わる時")),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="signed_in_sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "サインイン",
                "verbose_name_plural": "サインイン",
                "indexes": [models.Index(fields=["user", "-began_at"], name="signin_session_user")],
                "constraints": [
                    models.UniqueConstraint(fields=("session_key",), name="usersession_once_a_session"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "device__in",
                                [
                                    "ipad.edge",
                                    "ipad.firefox",
                                    "ipad.chrome",
                                    "ipad.safari",
                                    "ipad.other",
                                    "iphone.edge",
                                    "iphone.firefox",
                                    "iphone.chrome",
                                    "iphone.safari",
                                    "iphone.other",
                                    "chromebook.edge",
                                    "chromebook.firefox",
                                    "chromebook.chrome",
                                    "chromebook.safari",
                                    "chromebook.other",
                                    "android.edge",
                                    "android.firefox",
                                    "android.chrome",
                                    "android.safari",
                                    "android.other",
                                    "windows.edge",
                                    "windows.firefox",
                                    "windows.chrome",
                                    "windows.safari",
                                    "windows.other",
                                    "mac.edge",
                                    "mac.firefox",
                                    "mac.chrome",
                                    "mac.safari",
                                    "mac.other",
                                    "linux.edge",
                                    "linux.firefox",
                                    "linux.chrome",
                                    "linux.safari",
                                    "linux.other",
                                    "other.edge",
                                    "other.firefox",
                                    "other.chrome",
                                    "other.safari",
                                    "other.other",
                                ],
                            )
                        ),
                        name="signin_usersession_device_valid",
                    )
                ],
            },
        ),
    ]
