"""The tables, constraints and triggers of helpline."""

import uuid

import django.core.validators
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
            name="Drill",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("form_key", models.UUIDField(editable=False, unique=True)),
                (
                    "started_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="はじめた時"),
                ),
                (
                    "ended_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="おわった時"),
                ),
                ("second_after", models.PositiveSmallIntegerField(verbose_name="つぎの人(分)")),
                ("last_after", models.PositiveSmallIntegerField(verbose_name="さいごの人(分)")),
                ("all_after", models.PositiveSmallIntegerField(verbose_name="全員(分)")),
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
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.school",
                        verbose_name="学校",
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="はじめた人",
                    ),
                ),
            ],
            options={
                "verbose_name": "練習",
                "verbose_name_plural": "練習",
                "ordering": ["-started_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("school",),
                        name="drill_one_at_a_time",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DutyApproval",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="確認した人の名前")),
                (
                    "role",
                    models.CharField(
                        choices=[("nurse", "養護教諭"), ("counsellor", "スクールカウンセラー")],
                        max_length=12,
                        verbose_name="立場",
                    ),
                ),
                ("approved_on", models.DateField(verbose_name="確認した日")),
                ("wording", models.CharField(max_length=16, verbose_name="文言の版")),
                (
                    "recorded_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, editable=False, verbose_name="記録した時"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="記録した人",
                    ),
                ),
            ],
            options={
                "verbose_name": "専門の人の確認",
                "verbose_name_plural": "専門の人の確認",
                "ordering": ["recorded_at"],
            },
        ),
        migrations.CreateModel(
            name="DutyRoster",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "second_after",
                    models.PositiveSmallIntegerField(
                        default=5,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(480),
                        ],
                        verbose_name="つぎの人に知らせるまで(分)",
                    ),
                ),
                (
                    "last_after",
                    models.PositiveSmallIntegerField(
                        default=15,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(480),
                        ],
                        verbose_name="さいごの人に知らせるまで(分)",
                    ),
                ),
                (
                    "all_after",
                    models.PositiveSmallIntegerField(
                        default=30,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(480),
                        ],
                        verbose_name="全員にもう一度知らせるまで(分)",
                    ),
                ),
                (
                    "is_on",
                    models.BooleanField(
                        default=False, editable=False, verbose_name="受け付けている"
                    ),
                ),
                (
                    "approval",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="helpline.dutyapproval",
                        verbose_name="専門の人の確認",
                    ),
                ),
                (
                    "first",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="はじめの人",
                    ),
                ),
                (
                    "last",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="さいごの人",
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
                    "school",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.school",
                        verbose_name="学校",
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="つぎの人",
                    ),
                ),
            ],
            options={
                "verbose_name": "当番",
                "verbose_name_plural": "当番",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_on", False),
                            models.Q(
                                ("approval__isnull", False),
                                ("first__isnull", False),
                                ("last__isnull", False),
                                ("second__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="duty_on_needs_people_and_approval",
                        violation_error_message="はじめるには、三人の当番と、名前のある承認が要ります。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("first", None),
                                ("second", None),
                                models.Q(("first", models.F("second")), _negated=True),
                                _connector="OR",
                            ),
                            models.Q(
                                ("first", None),
                                ("last", None),
                                models.Q(("first", models.F("last")), _negated=True),
                                _connector="OR",
                            ),
                            models.Q(
                                ("second", None),
                                ("last", None),
                                models.Q(("second", models.F("last")), _negated=True),
                                _connector="OR",
                            ),
                        ),
                        name="duty_people_differ",
                        violation_error_message="はじめの人・つぎの人・さいごの人は、それぞれ別の人にしてください。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("all_after__gt", models.F("last_after")),
                            ("all_after__lte", 480),
                            ("last_after__gt", models.F("second_after")),
                            ("second_after__gte", 1),
                        ),
                        name="duty_waits_rise",
                        violation_error_message="知らせるまでの分は、つぎの人・さいごの人・全員の順に長くしてください。",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="dutyapproval",
            name="roster",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="approvals",
                to="helpline.dutyroster",
            ),
        ),
        migrations.CreateModel(
            name="HelpNote",
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
                ("form_key", models.UUIDField(editable=False)),
                ("noted_role", models.CharField(max_length=40, verbose_name="立場")),
                (
                    "noted_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, editable=False, verbose_name="いつ"
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
                    "noted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                "verbose_name": "したことの記録",
                "verbose_name_plural": "したことの記録",
                "ordering": ["noted_at"],
            },
        ),
        migrations.CreateModel(
            name="HelpRequest",
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
                        choices=[
                            ("sent", "送りました"),
                            ("seen", "見ました"),
                            ("answered", "返事が 来ました"),
                            ("closed", "おわりました"),
                            ("cancelled", "取り消しました"),
                        ],
                        default="sent",
                        max_length=10,
                        verbose_name="状態",
                    ),
                ),
                ("form_key", models.UUIDField(editable=False)),
                (
                    "sent_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="送った時"),
                ),
                (
                    "opened_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="画面を開いた時"
                    ),
                ),
                ("seen_at", models.DateTimeField(blank=True, null=True, verbose_name="見た時")),
                (
                    "seen_role",
                    models.CharField(blank=True, max_length=40, verbose_name="見た人の立場"),
                ),
                (
                    "answered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="返事の時"),
                ),
                (
                    "closed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="おわりにした時"),
                ),
                (
                    "chosen",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "closing_note",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="helpline.helpnote",
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
                    "seen_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
            ],
            options={
                "verbose_name": "話したい(相談の希望)",
                "verbose_name_plural": "話したい(相談の希望)",
                "ordering": ["sent_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["sent", "seen"])),
                        fields=["sent_at"],
                        name="help_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["sent", "seen", "answered", "closed", "cancelled"])
                        ),
                        name="helpline_helprequest_state_valid",
                    ),
                    models.UniqueConstraint(fields=("student", "form_key"), name="help_form_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "closed"), _negated=True),
                            models.Q(
                                ("closed_at__isnull", False),
                                ("closing_note__isnull", False),
                                ("seen_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="help_closed_needs_a_note",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="helpnote",
            name="request",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notes",
                to="helpline.helprequest",
            ),
        ),
        migrations.CreateModel(
            name="EscalationStep",
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
                ("number", models.PositiveSmallIntegerField(verbose_name="何番め")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("first", "はじめの人"),
                            ("second", "つぎの人"),
                            ("last", "さいごの人"),
                            ("all", "全員にもう一度"),
                        ],
                        max_length=8,
                        verbose_name="だれに",
                    ),
                ),
                ("due_at", models.DateTimeField(verbose_name="予定")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "これから"),
                            ("done", "知らせました"),
                            ("skipped", "いらなくなりました"),
                        ],
                        default="pending",
                        max_length=8,
                        verbose_name="状態",
                    ),
                ),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="知らせた時")),
                (
                    "drill",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="helpline.drill",
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
                    "request",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="helpline.helprequest",
                    ),
                ),
            ],
            options={
                "verbose_name": "知らせる順",
                "verbose_name_plural": "知らせる順",
                "ordering": ["number"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "pending")), fields=["due_at"], name="step_due"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["first", "second", "last", "all"])),
                        name="helpline_escalationstep_kind_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["pending", "done", "skipped"])),
                        name="helpline_escalationstep_state_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("drill__isnull", False), ("request", None)),
                            models.Q(("drill", None), ("request__isnull", False)),
                            _connector="OR",
                        ),
                        name="step_of_a_request_or_a_drill",
                    ),
                    models.UniqueConstraint(
                        fields=("request", "number"), name="step_once_a_request"
                    ),
                    models.UniqueConstraint(fields=("drill", "number"), name="step_once_a_drill"),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "pending")),
                        fields=("request",),
                        name="one_step_waits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_at__gte", models.F("due_at")), ("state", "done")),
                            models.Q(models.Q(("state", "done"), _negated=True), ("done_at", None)),
                            _connector="OR",
                        ),
                        name="step_done_not_before_due",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dutyroster",
            trigger=pgtrigger.compiler.Trigger(
                name="on_needs_hours",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="\n    IF EXISTS (\n        SELECT 1 FROM helpline_dutyroster r WHERE r.id = NEW.id AND r.is_on\n        AND NOT EXISTS (SELECT 1 FROM helpline_dutyhours h WHERE h.roster_id = r.id)\n    ) THEN\n        RAISE EXCEPTION 'a duty roster that is on needs hours' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n",
                    hash="f2ceb3bde579d44ded68a3cdf9b994503bcf6325",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_on_needs_hours_96e6e",
                    table="helpline_dutyroster",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        migrations.CreateModel(
            name="DutyPerson",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "answers_as",
                    models.CharField(
                        choices=[
                            ("nurse", "保健室の先生"),
                            ("counsellor", "スクールカウンセラー"),
                            ("other", "ほかの先生"),
                        ],
                        max_length=12,
                        verbose_name="どの立場で",
                    ),
                ),
                (
                    "is_listed",
                    models.BooleanField(default=False, verbose_name="生徒が名前でえらべる"),
                ),
                (
                    "shown_name",
                    models.CharField(
                        blank=True,
                        help_text="漢字には読みを付けてください。例: ｜山代《やましろ》 ｜先生《せんせい》",
                        max_length=60,
                        verbose_name="生徒に見せる名前",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="人",
                    ),
                ),
                (
                    "roster",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="people",
                        to="helpline.dutyroster",
                    ),
                ),
            ],
            options={
                "verbose_name": "相談にのる人",
                "verbose_name_plural": "相談にのる人",
                "ordering": ["answers_as", "shown_name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("answers_as__in", ["nurse", "counsellor", "other"])),
                        name="helpline_dutyperson_answers_as_valid",
                    ),
                    models.UniqueConstraint(
                        fields=("roster", "person"),
                        name="duty_person_once",
                        violation_error_message="同じ人は1回だけ入れてください。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_listed", False),
                            models.Q(("shown_name", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="duty_listed_needs_a_name",
                        violation_error_message="生徒が名前でえらべる人には、見せる名前を書いてください。",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DutyHours",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "月"),
                            (1, "火"),
                            (2, "水"),
                            (3, "木"),
                            (4, "金"),
                            (5, "土"),
                            (6, "日"),
                        ],
                        verbose_name="曜日",
                    ),
                ),
                ("opens_at", models.TimeField(verbose_name="はじまり")),
                ("closes_at", models.TimeField(verbose_name="おわり")),
                (
                    "roster",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours",
                        to="helpline.dutyroster",
                    ),
                ),
            ],
            options={
                "verbose_name": "見る時間",
                "verbose_name_plural": "見る時間",
                "ordering": ["weekday"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("weekday__in", [0, 1, 2, 3, 4, 5, 6])),
                        name="helpline_dutyhours_weekday_valid",
                    ),
                    models.UniqueConstraint(
                        fields=("roster", "weekday"),
                        name="duty_hours_once_a_day",
                        violation_error_message="同じ曜日は1つだけにしてください。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("closes_at__gt", models.F("opens_at"))),
                        name="duty_hours_close_after_opening",
                        violation_error_message="見る時間のおわりは、はじまりより後にしてください。",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dutyhours",
            trigger=pgtrigger.compiler.Trigger(
                name="on_needs_hours",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="\n    IF EXISTS (\n        SELECT 1 FROM helpline_dutyroster r WHERE r.id = OLD.roster_id AND r.is_on\n        AND NOT EXISTS (SELECT 1 FROM helpline_dutyhours h WHERE h.roster_id = r.id)\n    ) THEN\n        RAISE EXCEPTION 'a duty roster that is on needs hours' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n",
                    hash="55271e0b2e81f69ec87e960fc7cee179e60723af",
                    operation="DELETE OR UPDATE",
                    pgid="pgtrigger_on_needs_hours_5a17a",
                    table="helpline_dutyhours",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="dutyapproval",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["nurse", "counsellor"])),
                name="helpline_dutyapproval_role_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="dutyapproval",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="duty_approval_is_named"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dutyapproval",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="57ec338eb82d1d34644a2b1979e87a153c6193f6",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_a4312",
                    table="helpline_dutyapproval",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dutyapproval",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="5a169d7a5367ff9739a89ed91f2502c8ec83aae7",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_0a7ad",
                    table="helpline_dutyapproval",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Call",
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
                ("role", models.CharField(max_length=40, verbose_name="立場")),
                (
                    "called_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="知らせた時"),
                ),
                (
                    "n_devices",
                    models.PositiveSmallIntegerField(default=0, verbose_name="通知の端末"),
                ),
                (
                    "mail_state",
                    models.CharField(
                        choices=[
                            ("pending", "送っています"),
                            ("sent", "送りました"),
                            ("failed", "送れませんでした"),
                            ("none", "送りません"),
                        ],
                        max_length=8,
                        verbose_name="メール",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_at", models.DateTimeField(default=apps.core.clock.now)),
                (
                    "mailed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="メールを送った時"),
                ),
                ("looked_at", models.DateTimeField(blank=True, null=True, verbose_name="見た時")),
                (
                    "municipality",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.municipality",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="だれに",
                    ),
                ),
                (
                    "step",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calls",
                        to="helpline.escalationstep",
                    ),
                ),
            ],
            options={
                "verbose_name": "呼び出し",
                "verbose_name_plural": "呼び出し",
                "ordering": ["called_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("mail_state", "pending")),
                        fields=["next_at"],
                        name="call_due",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("mail_state__in", ["pending", "sent", "failed", "none"])
                        ),
                        name="helpline_call_mail_state_valid",
                    ),
                    models.UniqueConstraint(fields=("step", "person"), name="call_once_a_step"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("mail_state", "sent"), ("mailed_at__isnull", False)),
                            models.Q(
                                models.Q(("mail_state", "sent"), _negated=True), ("mailed_at", None)
                            ),
                            _connector="OR",
                        ),
                        name="call_sent_has_its_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HelpReply",
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
                ("form_key", models.UUIDField(editable=False)),
                ("replied_role", models.CharField(max_length=40, verbose_name="立場")),
                (
                    "replied_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, editable=False, verbose_name="いつ"
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
                    "replied_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replies",
                        to="helpline.helprequest",
                    ),
                ),
            ],
            options={
                "verbose_name": "返事",
                "verbose_name_plural": "返事",
                "ordering": ["replied_at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("request", "form_key"), name="help_reply_form_once"
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="helpreply",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="a7946436a22b6ee67abf5744dea5068f24e07ac0",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_1db5c",
                    table="helpline_helpreply",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="helpreply",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="4a33c3c99feb0b64088d74645e0dc47004992e50",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_7ca70",
                    table="helpline_helpreply",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="helpnote",
            constraint=models.UniqueConstraint(
                fields=("request", "form_key"), name="help_note_form_once"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="helpnote",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="7c8eca10226b4f1b900b1dc770c2cbd092f4061f",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_d9b6f",
                    table="helpline_helpnote",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="helpnote",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="18f3da46634ebd83dc6bc0d789190bdcf6e9be71",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_16950",
                    table="helpline_helpnote",
                    when="BEFORE",
                ),
            ),
        ),
    ]
