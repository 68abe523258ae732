"""The tables, constraints and triggers of disclosure."""

import uuid

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
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
            name="CorrectionRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("purpose", models.CharField(max_length=40, verbose_name="利用目的")),
                ("key_id", models.UUIDField(db_index=True, editable=False)),
                ("sealed", models.BinaryField()),
                (
                    "party",
                    models.CharField(
                        choices=[("guardian", "保護者"), ("student", "本人")],
                        max_length=10,
                        verbose_name="立場",
                    ),
                ),
                (
                    "about",
                    models.CharField(
                        choices=[
                            ("roster", "名簿"),
                            ("checkin_review", "チェックインの答えを 先生が 見まもりに 使う"),
                            ("attendance", "出席のようす"),
                            ("nurse_room", "保健室に 来た 回数"),
                            ("grades", "成績の 大きな 変化"),
                            ("mood_weather", "心の天気"),
                            ("study_log", "学習の きろく"),
                            ("household", "世帯の 人数(区分)"),
                            ("income", "所得の 区分"),
                            ("allowances", "手当などの 受給(有無)"),
                            ("evaluation", "名前を 消して 取り組みの 検証に 使う"),
                        ],
                        max_length=20,
                        verbose_name="何について",
                    ),
                ),
                ("form_key", models.UUIDField(editable=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "届いた"), ("seen", "見た"), ("answered", "答えた")],
                        default="asked",
                        max_length=10,
                        verbose_name="状態",
                    ),
                ),
                (
                    "asked_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="届いた時"),
                ),
                ("seen_at", models.DateTimeField(blank=True, null=True, verbose_name="見た時")),
                (
                    "answered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="答えた時"),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        db_index=False,
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
                        verbose_name="自治体",
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
                "verbose_name": "まちがいの連絡",
                "verbose_name_plural": "まちがいの連絡",
                "ordering": ["asked_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("party__in", ["guardian", "student"])),
                        name="disclosure_correctionrequest_party_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["asked", "seen", "answered"])),
                        name="disclosure_correctionrequest_state_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "about__in",
                                [
                                    "roster",
                                    "checkin_review",
                                    "attendance",
                                    "nurse_room",
                                    "grades",
                                    "mood_weather",
                                    "study_log",
                                    "household",
                                    "income",
                                    "allowances",
                                    "evaluation",
                                ],
                            )
                        ),
                        name="disclosure_correctionrequest_about_valid",
                    ),
                    models.UniqueConstraint(
                        fields=("asked_by", "form_key"), name="correction_form_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CorrectionAnswer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("purpose", models.CharField(max_length=40, verbose_name="利用目的")),
                ("key_id", models.UUIDField(db_index=True, editable=False)),
                ("sealed", models.BinaryField()),
                (
                    "answered_by",
                    models.ForeignKey(
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
                        verbose_name="自治体",
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
                (
                    "request",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answer",
                        to="disclosure.correctionrequest",
                    ),
                ),
            ],
            options={
                "verbose_name": "まちがいの連絡への答え",
                "verbose_name_plural": "まちがいの連絡への答え",
            },
        ),
        migrations.CreateModel(
            name="HiddenAccessEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("event_id", models.BigIntegerField(unique=True, verbose_name="記録の番号")),
                ("is_hidden", models.BooleanField(verbose_name="見せない")),
                (
                    "note",
                    apps.core.sealed_field.SealedTextField(max_length=200, verbose_name="なぜ"),
                ),
                (
                    "decided_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, editable=False, verbose_name="決めた時"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="決めた人",
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
            ],
            options={
                "verbose_name": "見せない閲覧",
                "verbose_name_plural": "見せない閲覧",
                "ordering": ["-decided_at"],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="correctionanswer",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="af57b9a3dadd38bbc800912ad042e2a1fba4d551",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_e6627",
                    table="disclosure_correctionanswer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="correctionanswer",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="3a1b17506c56a52e7004396f3df31d70ff1d1570",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_68a12",
                    table="disclosure_correctionanswer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="hiddenaccessentry",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="3b139bb86f1e5b062c636823195ea821e2112430",
                    operation="DELETE",
                    pgid="pgtrigger_append_only_3962d",
                    table="disclosure_hiddenaccessentry",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="hiddenaccessentry",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="877ca5e4b87f1b5d2a3d6036711ca922b5ad9c01",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_df125",
                    table="disclosure_hiddenaccessentry",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="hiddenaccessentry",
            trigger=pgtrigger.compiler.Trigger(
                name="record_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."event_id" IS DISTINCT FROM (NEW."event_id") OR OLD."municipality_id" IS DISTINCT FROM (NEW."municipality_id") OR OLD."is_hidden" IS DISTINCT FROM (NEW."is_hidden") OR OLD."decided_by_id" IS DISTINCT FROM (NEW."decided_by_id") OR OLD."decided_at" IS DISTINCT FROM (NEW."decided_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="b32fd23ae1fb1b6ad5710171121831d68df06429",
                    operation="UPDATE",
                    pgid="pgtrigger_record_stays_e8beb",
                    table="disclosure_hiddenaccessentry",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="hiddenaccessentry",
            trigger=pgtrigger.compiler.Trigger(
                name="note_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.note IS DISTINCT FROM NEW.note AND (OLD.note = '' OR NEW.note NOT LIKE 'sealed:%' OR current_setting('kaga.sealing_anew', true) IS DISTINCT FROM 'on'))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="efe49550c00f6b8023c70ad9e4420cb78118fdb1",
                    operation="UPDATE",
                    pgid="pgtrigger_note_stays_a8299",
                    table="disclosure_hiddenaccessentry",
                    when="BEFORE",
                ),
            ),
        ),
    ]
