"""The tables, constraints and triggers of vault."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
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
            name="UnknownShare",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "seen_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, verbose_name="はじめて見た時"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DestroyedKey",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False, verbose_name="鍵")),
                ("municipality_id", models.UUIDField(null=True, verbose_name="自治体")),
                ("student_id", models.UUIDField(verbose_name="生徒")),
                ("purpose", models.CharField(max_length=40, verbose_name="利用目的")),
                (
                    "ended_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        verbose_name="終わった時",
                    ),
                ),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("decision", "本人か保護者の返事"),
                            ("circumstances", "期間・名簿・決まり"),
                            ("replayed", "バックアップをもどした後に、消した鍵の一覧から"),
                            ("unexplained", "しくみの外で行が消えた"),
                        ],
                        db_default="unexplained",
                        max_length=16,
                        verbose_name="どう終わったか",
                    ),
                ),
                ("listed_at", models.DateTimeField(null=True, verbose_name="一覧にのせた時")),
            ],
            options={
                "verbose_name": "こわした鍵",
                "verbose_name_plural": "こわした鍵",
                "indexes": [
                    models.Index(fields=["student_id", "purpose"], name="vault_destroyedkey_of"),
                    models.Index(
                        condition=models.Q(("listed_at", None)),
                        fields=["ended_at"],
                        name="vault_destroyedkey_to_list",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("how__in", ["decision", "circumstances", "replayed", "unexplained"])
                        ),
                        name="vault_destroyedkey_how_valid",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="destroyedkey",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="c553e0645737a2f0cb1d93d94c99d16d04545efe",
                    operation="DELETE",
                    pgid="pgtrigger_append_only_522b9",
                    table="vault_destroyedkey",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="destroyedkey",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="cba7108ec3cb0ede8fa05aee1f22e35fddbbe89f",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_60e0c",
                    table="vault_destroyedkey",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="destroyedkey",
            trigger=pgtrigger.compiler.Trigger(
                name="ended_is_ended",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."student_id" IS DISTINCT FROM (NEW."student_id") OR OLD."purpose" IS DISTINCT FROM (NEW."purpose"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="7f456d992ec56fab9ad4e7af4b46e4d3f5132c34",
                    operation="UPDATE",
                    pgid="pgtrigger_ended_is_ended_8bc00",
                    table="vault_destroyedkey",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="EnvironmentKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("vault", "VAULT_KEYS"), ("secret", "SECRET_KEY")], max_length=6
                    ),
                ),
                ("name", models.CharField(max_length=20)),
                ("check_value", models.CharField(max_length=16)),
                ("seen_at", models.DateTimeField(default=apps.core.clock.now)),
                ("newest_until", models.DateTimeField(null=True)),
                ("given_up_at", models.DateTimeField(null=True)),
                ("given_up_because", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["vault", "secret"])),
                        name="vault_environmentkey_kind_valid",
                    ),
                    models.UniqueConstraint(
                        fields=("kind", "name"), name="vault_environmentkey_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShareStore",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("store_id", models.UUIDField()),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="vault_sharestore_one"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DamageReport",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("purpose", models.CharField(blank=True, max_length=40, verbose_name="利用目的")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("share_missing", "鍵の片われのファイルがない"),
                            ("share_changed", "鍵の片われのファイルがこわれている"),
                            ("key_changed", "データベースの鍵がこわれている"),
                            ("content_changed", "記録の中身がこわれている"),
                            ("ledger_changed", "同意の台帳が、書いたとおりでない"),
                            ("key_gone", "鍵の行が、しくみの外で消された"),
                        ],
                        max_length=16,
                        verbose_name="何がこわれているか",
                    ),
                ),
                ("key_id", models.UUIDField(verbose_name="鍵")),
                ("table", models.CharField(blank=True, max_length=63, verbose_name="表")),
                ("row_id", models.UUIDField(null=True, verbose_name="行")),
                (
                    "found_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        verbose_name="見つけた時",
                    ),
                ),
                ("mended_at", models.DateTimeField(null=True, verbose_name="また読めた時")),
                ("noted_at", models.DateTimeField(null=True, verbose_name="確かめた時")),
                (
                    "municipality",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="people.municipality",
                        verbose_name="自治体",
                    ),
                ),
                (
                    "noted_by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="確かめた人",
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="people.student",
                        verbose_name="生徒",
                    ),
                ),
            ],
            options={
                "verbose_name": "読めない記録",
                "verbose_name_plural": "読めない記録",
                "indexes": [
                    models.Index(
                        condition=models.Q(("mended_at", None), ("noted_at", None)),
                        fields=["municipality", "found_at"],
                        name="vault_damagereport_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "share_missing",
                                    "share_changed",
                                    "key_changed",
                                    "content_changed",
                                    "ledger_changed",
                                    "key_gone",
                                ],
                            )
                        ),
                        name="vault_damagereport_kind_valid",
                    ),
                    models.UniqueConstraint(
                        fields=("key_id", "table", "row_id"),
                        name="vault_damagereport_once",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReplacedKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("purpose", models.CharField(max_length=40, verbose_name="利用目的")),
                ("ring_key", models.CharField(max_length=20, verbose_name="包んだ鍵")),
                ("wrapped", models.BinaryField()),
                ("has_share", models.BooleanField(default=True)),
                ("made_at", models.DateTimeField(verbose_name="作った時")),
                (
                    "replaced_at",
                    models.DateTimeField(
                        default=apps.core.clock.now,
                        editable=False,
                        verbose_name="かわりの鍵を作った時",
                    ),
                ),
                (
                    "lost_at",
                    models.DateTimeField(null=True, verbose_name="失われたと二人が決めた時"),
                ),
                (
                    "municipality",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.municipality",
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.student",
                    ),
                ),
            ],
            options={
                "verbose_name": "かわりを作った鍵",
                "verbose_name_plural": "かわりを作った鍵",
                "indexes": [
                    models.Index(fields=["student", "purpose"], name="vault_replacedkey_of")
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="replacedkey",
            trigger=pgtrigger.compiler.Trigger(
                name="leaves_its_end",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO vault_destroyedkey (id, municipality_id, student_id, purpose) SELECT OLD.id, OLD.municipality_id, OLD.student_id, OLD.purpose WHERE TRUE ON CONFLICT (id) DO NOTHING; RETURN NULL;",
                    hash="bc83fe18736c58f4890da1594a2896a20ba8a288",
                    operation="DELETE",
                    pgid="pgtrigger_leaves_its_end_b1c0d",
                    table="vault_replacedkey",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="replacedkey",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="e547337315aceba7e72f33121f9c9df023503f4b",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_5f652",
                    table="vault_replacedkey",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="SubjectKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("purpose", models.CharField(max_length=40, verbose_name="利用目的")),
                ("ring_key", models.CharField(max_length=20, verbose_name="包んだ鍵")),
                ("wrapped", models.BinaryField()),
                (
                    "has_share",
                    models.BooleanField(
                        db_default=True, default=True, verbose_name="鍵の片われが外にある"
                    ),
                ),
                (
                    "made_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, editable=False, verbose_name="作った時"
                    ),
                ),
                ("paused_at", models.DateTimeField(blank=True, null=True, verbose_name="止めた時")),
                (
                    "destroy_after",
                    models.DateTimeField(blank=True, null=True, verbose_name="この時からこわせる"),
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
                        related_name="subject_keys",
                        to="people.student",
                    ),
                ),
            ],
            options={
                "verbose_name": "鍵",
                "verbose_name_plural": "鍵",
                "indexes": [
                    models.Index(
                        condition=models.Q(("destroy_after__isnull", False)),
                        fields=["destroy_after"],
                        name="subject_key_to_destroy",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("municipality", "student", "purpose"), name="subject_key_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("destroy_after", None), ("paused_at__isnull", False), _connector="OR"
                        ),
                        name="subject_key_paused_before_its_end",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="subjectkey",
            trigger=pgtrigger.compiler.Trigger(
                name="leaves_its_end",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO vault_destroyedkey (id, municipality_id, student_id, purpose) SELECT OLD.id, OLD.municipality_id, OLD.student_id, OLD.purpose WHERE NOT EXISTS (SELECT FROM vault_replacedkey WHERE id = OLD.id) ON CONFLICT (id) DO NOTHING; RETURN NULL;",
                    hash="c5cc103b1a73c0533fa7f1516ffce0e3bc0e6d82",
                    operation="DELETE",
                    pgid="pgtrigger_leaves_its_end_e2b7c",
                    table="vault_subjectkey",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="subjectkey",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="e28b8e40736281b98bc4aa55c7e5f4728bb89909",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_6c3b3",
                    table="vault_subjectkey",
                    when="BEFORE",
                ),
            ),
        ),
    ]
