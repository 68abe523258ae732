"""The tables, constraints and triggers of ledger."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ChainHead",
            fields=[
                (
                    "chain_id",
                    models.UUIDField(primary_key=True, serialize=False, verbose_name="鎖"),
                ),
                ("seq", models.PositiveIntegerField(verbose_name="番号")),
                ("link", models.BinaryField()),
                (
                    "signed_seq",
                    models.PositiveIntegerField(default=0, verbose_name="確認点に入った番号"),
                ),
            ],
            options={
                "verbose_name": "台帳の先頭",
                "verbose_name_plural": "台帳の先頭",
            },
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                (
                    "id",
                    models.PositiveIntegerField(
                        primary_key=True, serialize=False, verbose_name="番号"
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="いつ")),
                ("n_entries", models.PositiveIntegerField(verbose_name="件数")),
                ("statement", models.TextField(verbose_name="署名つきの記録")),
                (
                    "copied_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="別の場所に置いた時"),
                ),
            ],
            options={
                "verbose_name": "台帳の確認点",
                "verbose_name_plural": "台帳の確認点",
                "ordering": ["id"],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="checkpoint",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="9984d66ad90a8a0cbe834a30e847046375ed2881",
                    operation="DELETE",
                    pgid="pgtrigger_append_only_7ee3f",
                    table="ledger_checkpoint",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="checkpoint",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="a9317d08ace7f90e500b4c306a1d6b05c9d2dd06",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_e2c1f",
                    table="ledger_checkpoint",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="checkpoint",
            trigger=pgtrigger.compiler.Trigger(
                name="said_is_said",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."made_at" IS DISTINCT FROM (NEW."made_at") OR OLD."n_entries" IS DISTINCT FROM (NEW."n_entries") OR OLD."statement" IS DISTINCT FROM (NEW."statement"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="7a4f903b4e95aa83bcf988034682db8b0df57934",
                    operation="UPDATE",
                    pgid="pgtrigger_said_is_said_1e562",
                    table="ledger_checkpoint",
                    when="BEFORE",
                ),
            ),
        ),
    ]
