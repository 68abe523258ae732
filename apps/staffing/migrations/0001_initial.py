"""The tables, constraints and triggers of staffing."""

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
            name="StaffInvitation",
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
                ("grade", models.CharField(blank=True, max_length=3, verbose_name="学年")),
                (
                    "role",
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
                ("name", models.CharField(blank=True, max_length=120, verbose_name="名前")),
                (
                    "mail",
                    models.EmailField(blank=True, max_length=254, verbose_name="メールアドレス"),
                ),
                ("begins_on", models.DateField(blank=True, null=True, verbose_name="はじまり")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="おわり")),
                (
                    "voice_code",
                    apps.core.sealed_field.SealedTextField(
                        blank=True, max_length=20, verbose_name="声で伝える番号"
                    ),
                ),
                (
                    "wrong_codes",
                    models.PositiveSmallIntegerField(default=0, verbose_name="まちがえた回数"),
                ),
                ("is_first", models.BooleanField(default=False, verbose_name="はじめの二人")),
                (
                    "issued_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="出した時"),
                ),
                ("expires_at", models.DateTimeField(verbose_name="使える期限")),
                ("used_at", models.DateTimeField(blank=True, null=True, verbose_name="使った時")),
                (
                    "revoked_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="使えなくした時"),
                ),
                (
                    "act",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.pendingact",
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
                    "invited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="招待した人",
                    ),
                ),
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
                    "post",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.staffpost",
                        verbose_name="担当",
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
                (
                    "school_class",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.schoolclass",
                        verbose_name="学級",
                    ),
                ),
            ],
            options={
                "verbose_name": "職員の招待",
                "verbose_name_plural": "職員の招待",
                "ordering": ["-issued_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "role__in",
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
                        name="staffing_staffinvitation_role_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_first", True),
                            models.Q(
                                models.Q(("mail", ""), _negated=True),
                                models.Q(("name", ""), _negated=True),
                                ("act__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="staff_invitation_names_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("post", None), ("used_at", None)),
                            models.Q(("post__isnull", False), ("used_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="staff_invitation_used_whole",
                    ),
                ],
            },
        ),
    ]
