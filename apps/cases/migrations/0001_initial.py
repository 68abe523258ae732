"""The tables, constraints and triggers of cases."""

import uuid

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import apps.core.clock


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("notices", "0001_initial"),
        ("people", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Rule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("code", models.CharField(max_length=4, verbose_name="記号")),
                ("version", models.PositiveSmallIntegerField(verbose_name="版")),
                ("title", models.CharField(max_length=120, verbose_name="どんな ときか")),
                ("purpose", models.CharField(max_length=40, verbose_name="使う利用目的")),
                ("parameters", models.JSONField(default=dict, verbose_name="しきい値")),
                (
                    "activated_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="使いはじめ"),
                ),
                (
                    "retired_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="使いおわり"),
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
            ],
            options={
                "verbose_name": "気づきの決まり",
                "verbose_name_plural": "気づきの決まり",
                "ordering": ["code", "-version"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("municipality", "code", "version"), name="rule_version_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("activated_at__isnull", False), ("retired_at", None)),
                        fields=("municipality", "code"),
                        name="rule_one_active",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SupportCase",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "だれも 見て いません"),
                            ("looking", "見て います"),
                            ("watching", "見まもり"),
                            ("supporting", "支援中"),
                            ("closed", "おわり"),
                        ],
                        default="new",
                        max_length=12,
                        verbose_name="状態",
                    ),
                ),
                (
                    "holder_role",
                    models.CharField(blank=True, max_length=40, verbose_name="担当の立場"),
                ),
                (
                    "opened_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="できた時"),
                ),
                (
                    "first_seen_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="はじめて見た時"),
                ),
                ("review_on", models.DateField(blank=True, null=True, verbose_name="次の確認")),
                (
                    "closed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="おわった時"),
                ),
                (
                    "holder",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="担当",
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
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.school",
                        verbose_name="学校",
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
                "verbose_name": "支援ケース",
                "verbose_name_plural": "支援ケース",
                "ordering": ["opened_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["new", "looking", "watching", "supporting", "closed"])
                        ),
                        name="cases_supportcase_state_valid",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "closed"), _negated=True),
                        fields=("student",),
                        name="one_open_case_a_student",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RuleCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rows_seen", models.PositiveIntegerField()),
                ("newest_at", models.DateTimeField()),
                (
                    "rule",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="cases.rule",
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.student",
                    ),
                ),
            ],
            options={
                "verbose_name": "決まりで 確かめた ところ",
                "verbose_name_plural": "決まりで 確かめた ところ",
                "constraints": [
                    models.UniqueConstraint(fields=("rule", "student"), name="rule_check_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Sign",
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
                    "state",
                    models.CharField(
                        choices=[("open", "出ています"), ("expired", "30日たちました")],
                        default="open",
                        max_length=10,
                        verbose_name="状態",
                    ),
                ),
                ("fingerprint", models.BinaryField()),
                (
                    "raised_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="できた時"),
                ),
                ("expires_at", models.DateTimeField(verbose_name="消える時")),
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
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="cases.rule",
                        verbose_name="決まり",
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.student",
                        verbose_name="生徒",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signs",
                        to="cases.supportcase",
                    ),
                ),
            ],
            options={
                "verbose_name": "気づき",
                "verbose_name_plural": "気づき",
                "ordering": ["-raised_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "expired"])),
                        name="cases_sign_state_valid",
                    ),
                    models.UniqueConstraint(
                        fields=("student", "rule", "fingerprint"), name="sign_evidence_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Referral",
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
                ("written_role", models.CharField(max_length=40, verbose_name="立場")),
                (
                    "written_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, editable=False, verbose_name="いつ"
                    ),
                ),
                ("form_key", models.UUIDField(editable=False)),
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
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="notices.supportorganisation",
                        verbose_name="窓口",
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
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="書いた人",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referrals",
                        to="cases.supportcase",
                    ),
                ),
            ],
            options={
                "verbose_name": "紹介",
                "verbose_name_plural": "紹介",
                "ordering": ["-written_at"],
                "constraints": [
                    models.UniqueConstraint(fields=("case", "form_key"), name="referral_form_once")
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="referral",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="b96525e055c098873896cdbf29aee27880af6494",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_fd56b",
                    table="cases_referral",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="referral",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="4018d7b11dad3f4314f7844774e55bb103420dac",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_b72b6",
                    table="cases_referral",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Outcome",
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
                ("written_role", models.CharField(max_length=40, verbose_name="立場")),
                (
                    "written_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, editable=False, verbose_name="いつ"
                    ),
                ),
                ("form_key", models.UUIDField(editable=False)),
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
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="書いた人",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outcomes",
                        to="cases.supportcase",
                    ),
                ),
            ],
            options={
                "verbose_name": "結果",
                "verbose_name_plural": "結果",
                "ordering": ["-written_at"],
                "constraints": [
                    models.UniqueConstraint(fields=("case", "form_key"), name="outcome_form_once")
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="outcome",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="065b785b51f4734e79fb5b11fc4d9db51f7fcabc",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_cb305",
                    table="cases_outcome",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="outcome",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="f10434818afa05b0073f5ec53a3bdff3734883c5",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_1aef5",
                    table="cases_outcome",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="CaseDecision",
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
                ("written_role", models.CharField(max_length=40, verbose_name="立場")),
                (
                    "written_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, editable=False, verbose_name="いつ"
                    ),
                ),
                ("form_key", models.UUIDField(editable=False)),
                (
                    "judgement",
                    models.CharField(
                        choices=[
                            ("nothing", "いまは 支援は いらない"),
                            ("watch", "見まもる"),
                            ("support", "支援を 考える"),
                        ],
                        max_length=10,
                        verbose_name="判断",
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
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="書いた人",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="cases.supportcase",
                    ),
                ),
            ],
            options={
                "verbose_name": "判断",
                "verbose_name_plural": "判断",
                "ordering": ["-written_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("judgement__in", ["nothing", "watch", "support"])),
                        name="cases_casedecision_judgement_valid",
                    ),
                    models.UniqueConstraint(
                        fields=("case", "form_key"), name="casedecision_form_once"
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="casedecision",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="c57a5d13db14a352dfb013b5865ceb965e5cf625",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_77039",
                    table="cases_casedecision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="casedecision",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="0dd150b16cbb9a8a94b53b80bd6b216718d7d3d1",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_19b20",
                    table="cases_casedecision",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="SupportPlan",
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
                ("written_role", models.CharField(max_length=40, verbose_name="立場")),
                (
                    "written_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, editable=False, verbose_name="いつ"
                    ),
                ),
                ("form_key", models.UUIDField(editable=False)),
                ("review_on", models.DateField(verbose_name="次の確認")),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="plans",
                        to="cases.supportcase",
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
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="書いた人",
                    ),
                ),
            ],
            options={
                "verbose_name": "支援計画",
                "verbose_name_plural": "支援計画",
                "ordering": ["-written_at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("case", "form_key"), name="supportplan_form_once"
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="supportplan",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="0f73faa34e6be2ed7cd5dfdf544e30d9744f4061",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_dc32c",
                    table="cases_supportplan",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="supportplan",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="c5243f20be02a7258e6cebf0bdc20438aadd366f",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_15758",
                    table="cases_supportplan",
                    when="BEFORE",
                ),
            ),
        ),
    ]
