"""The tables, constraints and triggers of checkins."""

import uuid

import django.contrib.postgres.indexes
import django.db.models.deletion
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
            name="DeliveryKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("made_on", models.DateField(unique=True, verbose_name="いつの鍵")),
                ("public", models.BinaryField()),
                ("ring_key", models.CharField(max_length=20, verbose_name="包んだ鍵")),
                ("wrapped", models.BinaryField()),
            ],
            options={
                "verbose_name": "預かりの鍵",
                "verbose_name_plural": "預かりの鍵",
            },
        ),
        migrations.CreateModel(
            name="CheckInSettings",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "tells_when_seen",
                    models.BooleanField(default=False, verbose_name="見たことを生徒に伝える"),
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
                    "school",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.school",
                        verbose_name="学校",
                    ),
                ),
            ],
            options={
                "verbose_name": "チェックインの設定",
                "verbose_name_plural": "チェックインの設定",
            },
        ),
        migrations.CreateModel(
            name="QuestionSet",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("code", models.SlugField(db_index=False, max_length=20, verbose_name="種類")),
                ("version", models.PositiveSmallIntegerField(verbose_name="版")),
                ("title", models.CharField(max_length=100, verbose_name="題")),
                ("lead", models.CharField(max_length=300, verbose_name="はじめの言葉")),
                (
                    "every_days",
                    models.PositiveSmallIntegerField(default=7, verbose_name="何日ごとに"),
                ),
                ("needs_permission", models.BooleanField(default=False, verbose_name="許諾が要る")),
                (
                    "permission",
                    models.CharField(blank=True, max_length=200, verbose_name="許諾の番号・日付"),
                ),
                (
                    "checked_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="確かめた時"
                    ),
                ),
                (
                    "checked_digest",
                    models.CharField(
                        blank=True, editable=False, max_length=43, verbose_name="確かめた文の要約値"
                    ),
                ),
                (
                    "published_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="使いはじめ"),
                ),
                (
                    "retired_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="使いおわり"),
                ),
                (
                    "checked_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
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
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.municipality",
                        verbose_name="自治体",
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="書いた人",
                    ),
                ),
            ],
            options={
                "verbose_name": "質問の組",
                "verbose_name_plural": "質問の組",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("municipality", "code", "version"),
                        name="question_set_version_once",
                        nulls_distinct=False,
                        violation_error_message="この種類のこの版は、もうあります。",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("published_at__isnull", False), ("retired_at", None)),
                        fields=("municipality", "code"),
                        name="question_set_one_current",
                        nulls_distinct=False,
                        violation_error_message="この種類で使われている版は、もうあります。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("needs_permission", False),
                            ("published_at", None),
                            models.Q(("permission", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="question_set_permitted",
                        violation_error_message="この質問を出すには、使うことの許しの記録が要ります。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("checked_by", None),
                            models.Q(("checked_by", models.F("written_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="question_set_second_person",
                        violation_error_message="書いた人とは別の人が確かめてください。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("checked_at", None), ("checked_by", None), ("checked_digest", "")
                            ),
                            models.Q(
                                ("checked_at__isnull", False),
                                ("checked_by__isnull", False),
                                models.Q(("checked_digest", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="question_set_check_whole",
                        violation_error_message="確かめた人・時・文面を、そろえてください。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("published_at", None),
                            ("written_by", None),
                            ("checked_by__isnull", False),
                            models.Q(
                                ("retired_at", models.F("published_at")),
                                ("retired_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="question_set_two_people",
                        violation_error_message="公開の前に、書いた人とは別の人が確かめてください。",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Question",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("order", models.PositiveSmallIntegerField(verbose_name="順番")),
                ("code", models.CharField(max_length=20, verbose_name="記号")),
                ("text", models.CharField(blank=True, max_length=300, verbose_name="質問")),
                ("hint", models.CharField(blank=True, max_length=300, verbose_name="そえる言葉")),
                (
                    "kind",
                    models.CharField(
                        choices=[("scale", "えらぶ"), ("text", "書く")],
                        max_length=10,
                        verbose_name="形",
                    ),
                ),
                (
                    "question_set",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="questions",
                        to="checkins.questionset",
                    ),
                ),
            ],
            options={
                "verbose_name": "質問",
                "verbose_name_plural": "質問",
                "ordering": ["order"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("question_set", "code"),
                        name="question_code_once",
                        violation_error_message="同じ記号の質問が、この組にもうあります。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["scale", "text"])),
                        name="checkins_question_kind_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ChosenFrequency",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "frequency",
                    models.CharField(
                        choices=[
                            ("daily", "毎日"),
                            ("thrice", "週に 3回"),
                            ("weekly", "週に 1回"),
                            ("rest", "いまは 休む"),
                        ],
                        max_length=10,
                        verbose_name="どのくらい",
                    ),
                ),
                (
                    "chosen_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="えらんだ時"),
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
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="frequency",
                        to="people.student",
                    ),
                ),
            ],
            options={
                "verbose_name": "チェックインの回数",
                "verbose_name_plural": "チェックインの回数",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("frequency__in", ["daily", "thrice", "weekly", "rest"])
                        ),
                        name="checkins_chosenfrequency_frequency_valid",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="QuestionChoice",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("order", models.PositiveSmallIntegerField(verbose_name="順番")),
                ("value", models.SmallIntegerField(verbose_name="値")),
                ("label", models.CharField(max_length=60, verbose_name="言葉")),
                ("picture", models.CharField(blank=True, max_length=20, verbose_name="絵")),
                (
                    "question",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="choices",
                        to="checkins.question",
                    ),
                ),
            ],
            options={
                "verbose_name": "選択肢",
                "verbose_name_plural": "選択肢",
                "ordering": ["order"],
                "constraints": [
                    models.UniqueConstraint(fields=("question", "value"), name="choice_value_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="CheckIn",
            fields=[
                ("purpose", models.CharField(max_length=40, verbose_name="利用目的")),
                ("key_id", models.UUIDField(db_index=True, editable=False)),
                ("sealed", models.BinaryField()),
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("client_key", models.UUIDField(editable=False)),
                ("body_digest", models.BinaryField()),
                (
                    "is_conflict",
                    models.BooleanField(default=False, verbose_name="同じ用紙の 別の答え"),
                ),
                ("answered_on", models.DateField(verbose_name="いつの分")),
                (
                    "received_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="届いた時"),
                ),
                (
                    "seen_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="はじめて 見た時"),
                ),
                (
                    "seen_role",
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
                        verbose_name="見た人の立場",
                    ),
                ),
                (
                    "municipality",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.municipality",
                        verbose_name="自治体",
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.student",
                        verbose_name="生徒",
                    ),
                ),
                (
                    "question_set",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="checkins.questionset",
                        verbose_name="質問の組",
                    ),
                ),
            ],
            options={
                "verbose_name": "チェックイン",
                "verbose_name_plural": "チェックイン",
                "indexes": [
                    models.Index(fields=["student", "answered_on"], name="checkin_by_day"),
                    django.contrib.postgres.indexes.BrinIndex(
                        autosummarize=True, fields=["answered_on"], name="checkin_days"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_conflict", True)),
                        fields=("student", "client_key", "body_digest"),
                        name="checkin_body_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_conflict", False)),
                        fields=("student", "client_key"),
                        name="checkin_one_per_form",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "seen_role__in",
                                [
                                    "",
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
                        name="checkin_seen_role_valid",
                    ),
                ],
            },
        ),
    ]
