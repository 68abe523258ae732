"""The tables, constraints and triggers of file_jobs."""

import uuid

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import apps.core.sealed_field


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("people", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FileJob",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("roster_check", "名簿を確かめる"),
                            ("roster_compare", "名簿をいまとくらべる"),
                            ("roster_import", "名簿を取り込む"),
                            ("guardian_list", "保護者の一覧を読む"),
                            ("school_file", "学校のファイルを読む"),
                            ("mapping_trial", "読みかたをためす"),
                            ("directory_check", "窓口の表を確かめる"),
                            ("directory_import", "窓口の表を取り込む"),
                        ],
                        max_length=20,
                        verbose_name="種類",
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="頼んだ時")),
                (
                    "file_name",
                    models.CharField(blank=True, max_length=200, verbose_name="ファイル"),
                ),
                ("about", models.UUIDField(editable=False, null=True)),
                ("options", apps.core.sealed_field.SealedJSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "順番を待っています"),
                            ("running", "読んでいます"),
                            ("done", "終わりました"),
                            ("failed", "できませんでした"),
                            ("gone", "結果を消しました"),
                        ],
                        default="waiting",
                        max_length=8,
                        verbose_name="ようす",
                    ),
                ),
                (
                    "fault",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "—"),
                            ("refused", "受け取れないファイルです。"),
                            (
                                "too_long",
                                "読むのに時間がかかりすぎたので、やめました。何も変わっていません。ファイルを分けるか、書き出し直してください。",
                            ),
                            (
                                "given_up",
                                "読んでいるとちゅうで止まり、もう一度読んでも止まりました。何も変わっていません。もう一度選んでください。続くときは、運用の担当に知らせてください。",
                            ),
                            (
                                "too_late",
                                "1日のうちに読めなかったので、ファイルを消しました。何も変わっていません。もう一度選んでください。続くときは、運用の担当に知らせてください。",
                            ),
                            ("not_allowed", "いまの担当では、できません。何も変わっていません。"),
                        ],
                        default="",
                        max_length=12,
                        verbose_name="理由",
                    ),
                ),
                ("n_attempts", models.PositiveSmallIntegerField(default=0)),
                ("leased_until", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True, verbose_name="終わった時")),
                ("expires_at", models.DateTimeField(null=True, verbose_name="消す時")),
                ("result", apps.core.sealed_field.SealedJSONField(default=dict)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="頼んだ人",
                    ),
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
                    "post",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="people.staffpost",
                    ),
                ),
            ],
            options={
                "verbose_name": "ファイルの受け取り",
                "verbose_name_plural": "ファイルの受け取り",
                "ordering": ["-asked_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("waiting", "running"))),
                        fields=["asked_at"],
                        name="file_job_open",
                    ),
                    models.Index(fields=["about", "asked_by"], name="file_job_about"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "roster_check",
                                    "roster_compare",
                                    "roster_import",
                                    "guardian_list",
                                    "school_file",
                                    "mapping_trial",
                                    "directory_check",
                                    "directory_import",
                                ],
                            )
                        ),
                        name="file_jobs_filejob_kind_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["waiting", "running", "done", "failed", "gone"])
                        ),
                        name="file_jobs_filejob_state_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "fault__in",
                                ["", "refused", "too_long", "given_up", "too_late", "not_allowed"],
                            )
                        ),
                        name="file_jobs_filejob_fault_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "failed"), models.Q(("fault", ""), _negated=True)),
                            models.Q(models.Q(("state", "failed"), _negated=True), ("fault", "")),
                            _connector="OR",
                        ),
                        name="file_job_fault_where_failed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("state__in", ("waiting", "running"))),
                            models.Q(
                                ("ended_at", None),
                                ("state__in", ("waiting", "running")),
                                _negated=True,
                            ),
                            _connector="OR",
                        ),
                        name="file_job_ended_where_over",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="filejob",
            trigger=pgtrigger.compiler.Trigger(
                name="transitions",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{done:gone,failed:gone,running:done,running:failed,running:waiting,waiting:failed,waiting:running}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="85804a9fe9dcab7d698bc11ca2e5bc35d0517fc6",
                    operation="UPDATE",
                    pgid="pgtrigger_transitions_8265e",
                    table="file_jobs_filejob",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="FileJobPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("body", apps.core.sealed_field.SealedTextField()),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="file_jobs.filejob",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("job", "number"), name="file_job_part_once")
                ],
            },
        ),
    ]
