"""The tables, constraints and triggers of consent."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import apps.core.clock
import apps.core.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("people", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ConsentDocument",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
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
                        verbose_name="利用目的",
                    ),
                ),
                ("version", models.PositiveSmallIntegerField(verbose_name="版")),
                ("question", models.CharField(max_length=200, verbose_name="たずねる文")),
                ("what", models.TextField(verbose_name="何を")),
                ("what_not", models.TextField(blank=True, verbose_name="使わないもの")),
                ("source", models.CharField(max_length=200, verbose_name="どこから")),
                ("recipients", models.CharField(max_length=200, verbose_name="だれが見る")),
                ("kept", models.CharField(max_length=200, verbose_name="いつまで")),
                ("aim", models.TextField(verbose_name="何のために")),
                (
                    "student_question",
                    models.CharField(max_length=300, verbose_name="生徒にたずねる文"),
                ),
                ("student_words", models.TextField(verbose_name="生徒への説明")),
                (
                    "readers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
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
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="内容を開ける立場",
                    ),
                ),
                (
                    "kept_days",
                    models.PositiveSmallIntegerField(
                        default=365, verbose_name="残す日数(長くても)"
                    ),
                ),
                (
                    "decider",
                    models.CharField(
                        choices=[
                            ("both", "保護者と 本人の 両方"),
                            ("guardian", "保護者(本人が ことわれば つながない)"),
                        ],
                        default="both",
                        max_length=10,
                        verbose_name="だれが決める",
                    ),
                ),
                (
                    "alone_from_age",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="空なら、何歳でも上のとおり。",
                        null=True,
                        verbose_name="本人だけで決める年齢",
                    ),
                ),
                ("digest_form", models.PositiveSmallIntegerField(default=2, editable=False)),
                (
                    "reviewed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="確かめた時"),
                ),
                (
                    "published_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="公開した時"),
                ),
                (
                    "digest",
                    models.CharField(
                        blank=True, editable=False, max_length=43, verbose_name="文面の要約値"
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
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="確かめた人",
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="書いた人",
                    ),
                ),
            ],
            options={
                "verbose_name": "説明文書",
                "verbose_name_plural": "説明文書",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("municipality", "purpose", "version"),
                        name="document_version_once",
                        violation_error_message="この版は、もうあります。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reviewed_by", None),
                            models.Q(("reviewed_by", models.F("written_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="document_second_person",
                        violation_error_message="書いた人とは別の人が確かめてください。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reviewed_at", None), ("reviewed_by", None)),
                            models.Q(
                                ("reviewed_at__isnull", False), ("reviewed_by__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="document_review_whole",
                        violation_error_message="確かめた人と時を、そろえてください。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("published_at", None),
                            ("written_by", None),
                            ("reviewed_by__isnull", False),
                            _connector="OR",
                        ),
                        name="document_published_reviewed",
                        violation_error_message="公開の前に、書いた人とは別の人が確かめてください。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "purpose__in",
                                [
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
                        name="consent_consentdocument_purpose_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("decider__in", ["both", "guardian"])),
                        name="consent_consentdocument_decider_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "readers__contained_by",
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
                        name="consent_consentdocument_readers_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("alone_from_age", None),
                            ("alone_from_age__range", (12, 20)),
                            _connector="OR",
                        ),
                        name="document_age_plausible",
                        violation_error_message="本人だけで決める年齢は、12歳から20歳までです。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("digest_form__in", (1, 2))),
                        name="document_digest_form_known",
                        violation_error_message="説明文書の形が、この版では読めません。",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DocumentStop",
            fields=[
                (
                    "document",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="consent.consentdocument",
                    ),
                ),
                (
                    "stopped_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, editable=False, verbose_name="止めた時"
                    ),
                ),
            ],
            options={
                "verbose_name": "公開を止めた説明文書",
                "verbose_name_plural": "公開を止めた説明文書",
            },
        ),
        migrations.CreateModel(
            name="ConsentReceipt",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "party",
                    models.CharField(
                        choices=[("guardian", "保護者"), ("student", "本人")],
                        max_length=10,
                        verbose_name="立場",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("web", "この サイト"), ("paper", "紙"), ("telephone", "電話")],
                        max_length=10,
                        verbose_name="方法",
                    ),
                ),
                ("form_key", models.UUIDField(editable=False)),
                ("decided_at", models.DateTimeField(verbose_name="いつ")),
                ("proof", models.TextField(blank=True, editable=False, verbose_name="署名")),
                (
                    "sealed_name",
                    models.TextField(blank=True, db_default="", default="", editable=False),
                ),
                (
                    "name_digest",
                    models.CharField(
                        blank=True, db_default="", default="", editable=False, max_length=64
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "guardian",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.guardian",
                        verbose_name="保護者",
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
                        to="people.student",
                        verbose_name="生徒",
                    ),
                ),
            ],
            options={
                "verbose_name": "受付の記録",
                "verbose_name_plural": "受付の記録",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("decided_by", "student", "form_key"), name="receipt_form_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("guardian", None), ("party", "student")),
                            models.Q(("guardian__isnull", False), ("party", "guardian")),
                            _connector="OR",
                        ),
                        name="receipt_guardian_named",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("party__in", ["guardian", "student"])),
                        name="consent_consentreceipt_party_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["web", "paper", "telephone"])),
                        name="consent_consentreceipt_channel_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DeletionCertificate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
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
                        verbose_name="利用目的",
                    ),
                ),
                ("key_id", models.UUIDField(editable=False, unique=True, verbose_name="鍵")),
                (
                    "ended_by",
                    models.CharField(
                        choices=[
                            ("decision", "返事が変わった"),
                            ("new_words", "説明が新しくなった"),
                            ("not_offered", "たずねるのをやめた"),
                            ("out_of_term", "期間が終わった"),
                            ("not_enrolled", "名簿から消えた"),
                            ("alone", "本人だけで決める年齢になった"),
                            ("other", "必要な人の返事がそろわなくなった"),
                            ("replayed", "バックアップをもどす前に終わっていた"),
                            ("lost", "鍵が失われた"),
                        ],
                        max_length=12,
                        verbose_name="なぜ",
                    ),
                ),
                ("ended_at", models.DateTimeField(verbose_name="読めなくなった時")),
                (
                    "sealed_name",
                    models.TextField(blank=True, db_default="", default="", editable=False),
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
                    "receipt",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificates",
                        to="consent.consentreceipt",
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
                "verbose_name": "消去の証明",
                "verbose_name_plural": "消去の証明",
                "ordering": ["-ended_at"],
                "indexes": [
                    models.Index(fields=["student", "-ended_at"], name="certificate_of_student")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "purpose__in",
                                [
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
                        name="consent_deletioncertificate_purpose_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "ended_by__in",
                                [
                                    "decision",
                                    "new_words",
                                    "not_offered",
                                    "out_of_term",
                                    "not_enrolled",
                                    "alone",
                                    "other",
                                    "replayed",
                                    "lost",
                                ],
                            )
                        ),
                        name="consent_deletioncertificate_ended_by_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SweepMark",
            fields=[
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("linkage", "連携データ"),
                            ("checkins", "チェックイン"),
                            ("cases", "気づき"),
                        ],
                        max_length=20,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("clean_at", models.DateTimeField(verbose_name="何ものこっていないと確かめた時")),
            ],
            options={
                "verbose_name": "掃除の記録",
                "verbose_name_plural": "掃除の記録",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("source__in", ["linkage", "checkins", "cases"])),
                        name="consent_sweepmark_source_valid",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AnswerNeeded",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
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
                        verbose_name="利用目的",
                    ),
                ),
                ("since", models.DateTimeField(verbose_name="この時よりあとの返事がいる")),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.student",
                    ),
                ),
            ],
            options={
                "verbose_name": "あらためてたずねる利用目的",
                "verbose_name_plural": "あらためてたずねる利用目的",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "purpose__in",
                                [
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
                        name="consent_answerneeded_purpose_valid",
                    ),
                    models.UniqueConstraint(
                        fields=("student", "purpose"), name="answer_needed_once"
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="documentstop",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="5253bd436b896cee83c9bbe7df1f35527fd40194",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_95a1b",
                    table="consent_documentstop",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="documentstop",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="ecff269c39b7149cb2ea53becdc77cdc3ee7e296",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_55e33",
                    table="consent_documentstop",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="consentdocument",
            trigger=pgtrigger.compiler.Trigger(
                name="published_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."published_at" IS NOT NULL)',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="bb5d2d7232d25cd26e578159c1c4a2377fa4adcb",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_published_stays_776e2",
                    table="consent_consentdocument",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="consentdocument",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="e3bd598e14319b3f2779a85a24d6bba8a6e168ce",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_1d49e",
                    table="consent_consentdocument",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="ConsentMessage",
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
                            ("began", "つながった"),
                            ("ended", "終わった"),
                            ("new_words", "説明が新しくなった"),
                            ("alone", "自分で決める年齢になった"),
                            ("lost", "鍵が失われた"),
                        ],
                        max_length=12,
                        verbose_name="種類",
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("decision", "返事が変わった"),
                            ("new_words", "説明が新しくなった"),
                            ("not_offered", "たずねるのをやめた"),
                            ("out_of_term", "期間が終わった"),
                            ("not_enrolled", "名簿から消えた"),
                            ("alone", "本人だけで決める年齢になった"),
                            ("other", "必要な人の返事がそろわなくなった"),
                            ("replayed", "バックアップをもどす前に終わっていた"),
                            ("lost", "鍵が失われた"),
                        ],
                        max_length=12,
                        verbose_name="なぜ",
                    ),
                ),
                (
                    "purposes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
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
                        ),
                        size=None,
                        verbose_name="利用目的",
                    ),
                ),
                (
                    "made_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, editable=False, verbose_name="いつ"
                    ),
                ),
                ("opened_at", models.DateTimeField(blank=True, null=True, verbose_name="見た時")),
                (
                    "sealed_name",
                    models.TextField(blank=True, db_default="", default="", editable=False),
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
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consent_messages",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "同意についての知らせ",
                "verbose_name_plural": "同意についての知らせ",
                "ordering": ["-made_at"],
                "indexes": [models.Index(fields=["user", "-made_at"], name="message_of_user")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["began", "ended", "new_words", "alone", "lost"])
                        ),
                        name="consent_consentmessage_kind_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "why__in",
                                [
                                    "",
                                    "decision",
                                    "new_words",
                                    "not_offered",
                                    "out_of_term",
                                    "not_enrolled",
                                    "alone",
                                    "other",
                                    "replayed",
                                    "lost",
                                ],
                            )
                        ),
                        name="consent_consentmessage_why_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "purposes__contained_by",
                                [
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
                        name="consent_consentmessage_purposes_valid",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="consentreceipt",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="5f9b61ae7c9ac60a4d5abe30b76d924eeb73ff9c",
                    operation="DELETE",
                    pgid="pgtrigger_append_only_3c104",
                    table="consent_consentreceipt",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="consentreceipt",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="206eb8a401baed5315a2ec434d33680708159727",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_56d31",
                    table="consent_consentreceipt",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="consentreceipt",
            trigger=pgtrigger.compiler.Trigger(
                name="record_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."municipality_id" IS DISTINCT FROM (NEW."municipality_id") OR OLD."student_id" IS DISTINCT FROM (NEW."student_id") OR OLD."party" IS DISTINCT FROM (NEW."party") OR OLD."guardian_id" IS DISTINCT FROM (NEW."guardian_id") OR OLD."decided_by_id" IS DISTINCT FROM (NEW."decided_by_id") OR OLD."channel" IS DISTINCT FROM (NEW."channel") OR OLD."form_key" IS DISTINCT FROM (NEW."form_key") OR OLD."decided_at" IS DISTINCT FROM (NEW."decided_at") OR OLD."proof" IS DISTINCT FROM (NEW."proof") OR OLD."name_digest" IS DISTINCT FROM (NEW."name_digest"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="a9608218ea4893e55fb4429b9dcafc7982b4cb2c",
                    operation="UPDATE",
                    pgid="pgtrigger_record_stays_e56f5",
                    table="consent_consentreceipt",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="consentreceipt",
            trigger=pgtrigger.compiler.Trigger(
                name="sealed_name_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.sealed_name IS DISTINCT FROM NEW.sealed_name AND (OLD.sealed_name = '' OR NEW.sealed_name NOT LIKE 'sealed:%' OR current_setting('kaga.sealing_anew', true) IS DISTINCT FROM 'on'))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="3d9b57cf4b97b62669ae8289effee57171cdc696",
                    operation="UPDATE",
                    pgid="pgtrigger_sealed_name_stays_4ff83",
                    table="consent_consentreceipt",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="ConsentDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seq", models.PositiveIntegerField(verbose_name="番号")),
                ("link_key", models.CharField(editable=False, max_length=20)),
                ("link", models.BinaryField()),
                (
                    "purpose",
                    models.CharField(
                        choices=[
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
                        verbose_name="利用目的",
                    ),
                ),
                (
                    "party",
                    models.CharField(
                        choices=[("guardian", "保護者"), ("student", "本人")],
                        max_length=10,
                        verbose_name="立場",
                    ),
                ),
                (
                    "response",
                    models.CharField(
                        choices=[
                            ("given", "同意"),
                            ("refused", "不同意"),
                            ("later", "あとで"),
                            ("unsure", "わからない、話を聞きたい"),
                            ("withdrawn", "取り下げ"),
                        ],
                        max_length=10,
                        verbose_name="返事",
                    ),
                ),
                ("decided_at", models.DateTimeField(verbose_name="いつ")),
                (
                    "guardian",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.guardian",
                        verbose_name="保護者",
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
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.school",
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consent_decisions",
                        to="people.student",
                        verbose_name="生徒",
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="consent.consentdocument",
                        verbose_name="説明文書",
                    ),
                ),
                (
                    "receipt",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="consent.consentreceipt",
                    ),
                ),
            ],
            options={
                "verbose_name": "意思表示",
                "verbose_name_plural": "意思表示",
                "indexes": [
                    models.Index(
                        fields=["student", "purpose", "party", "guardian", "-id"],
                        name="decision_latest",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("receipt", "purpose"), name="decision_once_a_receipt"
                    ),
                    models.UniqueConstraint(fields=("school", "seq"), name="decision_chain_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "purpose__in",
                                [
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
                        name="consent_consentdecision_purpose_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("party__in", ["guardian", "student"])),
                        name="consent_consentdecision_party_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("response__in", ["given", "refused", "later", "unsure", "withdrawn"])
                        ),
                        name="consent_consentdecision_response_valid",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="consentdecision",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="c72aa61cd1ecde9f808ac1b0e8462797e32d6186",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_4aed4",
                    table="consent_consentdecision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="consentdecision",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="116a252bbf565c32af93199fbebd91803e8a9e14",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_ba5bf",
                    table="consent_consentdecision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="deletioncertificate",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="dd44a8f86044cc39dfc6639a672b5fc81a132fe5",
                    operation="DELETE",
                    pgid="pgtrigger_append_only_55778",
                    table="consent_deletioncertificate",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="deletioncertificate",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="057fc54960f33456faf26a9e4126c10b6e98a912",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_8a1f0",
                    table="consent_deletioncertificate",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="deletioncertificate",
            trigger=pgtrigger.compiler.Trigger(
                name="record_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."municipality_id" IS DISTINCT FROM (NEW."municipality_id") OR OLD."student_id" IS DISTINCT FROM (NEW."student_id") OR OLD."purpose" IS DISTINCT FROM (NEW."purpose") OR OLD."key_id" IS DISTINCT FROM (NEW."key_id") OR OLD."receipt_id" IS DISTINCT FROM (NEW."receipt_id") OR OLD."ended_by" IS DISTINCT FROM (NEW."ended_by") OR OLD."ended_at" IS DISTINCT FROM (NEW."ended_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="af0cd8afd02a47c335c7ff18913a176ba1f9f4d2",
                    operation="UPDATE",
                    pgid="pgtrigger_record_stays_dcce4",
                    table="consent_deletioncertificate",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="deletioncertificate",
            trigger=pgtrigger.compiler.Trigger(
                name="sealed_name_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.sealed_name IS DISTINCT FROM NEW.sealed_name AND (OLD.sealed_name = '' OR NEW.sealed_name NOT LIKE 'sealed:%' OR current_setting('kaga.sealing_anew', true) IS DISTINCT FROM 'on'))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="e9907477766d1032e0e3261653a1f9cb3ed85125",
                    operation="UPDATE",
                    pgid="pgtrigger_sealed_name_stays_2d41f",
                    table="consent_deletioncertificate",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="DeletionCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("linkage", "連携データ"),
                            ("checkins", "チェックイン"),
                            ("cases", "気づき"),
                        ],
                        max_length=20,
                        verbose_name="どこから",
                    ),
                ),
                ("n_rows", models.PositiveIntegerField(verbose_name="件数")),
                (
                    "deleted_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, editable=False, verbose_name="消した時"
                    ),
                ),
                (
                    "certificate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="counts",
                        to="consent.deletioncertificate",
                    ),
                ),
                (
                    "guardian",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.guardian",
                    ),
                ),
            ],
            options={
                "verbose_name": "消去の件数",
                "verbose_name_plural": "消去の件数",
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("source__in", ["linkage", "checkins", "cases"])),
                        name="consent_deletioncount_source_valid",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="deletioncount",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="ba4147d8968ea11babd16b387508714a76e64455",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_14845",
                    table="consent_deletioncount",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="deletioncount",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="fbefb805f047744a5df49c930696085992af485f",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_defc5",
                    table="consent_deletioncount",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="DocumentDisplay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "shown_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, editable=False, verbose_name="見せた時"
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="consent.consentdocument",
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
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "説明を見せた記録",
                "verbose_name_plural": "説明を見せた記録",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("document", "student", "user"), name="document_shown_once"
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="documentdisplay",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="b15735878643854cdc5cf9ba06245eefadfbf456",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_6fab3",
                    table="consent_documentdisplay",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="documentdisplay",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="0b6cf80bea4abca6df23671af28e0a50dd62ece4",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_6e2c8",
                    table="consent_documentdisplay",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="ExplanationRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "purposes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
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
                        ),
                        size=None,
                        verbose_name="利用目的",
                    ),
                ),
                (
                    "asked_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, editable=False, verbose_name="いつ"
                    ),
                ),
                ("talked_at", models.DateTimeField(blank=True, null=True, verbose_name="話した時")),
                (
                    "municipality",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.municipality",
                    ),
                ),
                (
                    "receipt",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="explanation_request",
                        to="consent.consentreceipt",
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
                    "talked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="話した人",
                    ),
                ),
            ],
            options={
                "verbose_name": "説明を聞きたい生徒",
                "verbose_name_plural": "説明を聞きたい生徒",
                "ordering": ["asked_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("talked_at", None), ("talked_by", None)),
                            models.Q(("talked_at__isnull", False), ("talked_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="explanation_request_talk_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "purposes__contained_by",
                                [
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
                        name="consent_explanationrequest_purposes_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PaperForm",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.CharField(max_length=12, unique=True, verbose_name="用紙の番号")),
                ("documents", models.JSONField(default=dict, verbose_name="印刷した版")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("issued", "印刷した"),
                            ("entered", "入力した(確認まち)"),
                            ("confirmed", "確かめた"),
                            ("dropped", "使わない"),
                        ],
                        default="issued",
                        max_length=10,
                        verbose_name="状態",
                    ),
                ),
                (
                    "issued_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, editable=False, verbose_name="印刷した時"
                    ),
                ),
                ("answers", models.JSONField(blank=True, default=dict, verbose_name="返事")),
                ("signed_on", models.DateField(blank=True, null=True, verbose_name="署名の日")),
                (
                    "entered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="入力した時"),
                ),
                (
                    "confirmed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="確かめた時"),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="確かめた人",
                    ),
                ),
                (
                    "entered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="入力した人",
                    ),
                ),
                (
                    "guardian",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.guardian",
                        verbose_name="保護者",
                    ),
                ),
                (
                    "issued_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="印刷した人",
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
                    "receipt",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="paper",
                        to="consent.consentreceipt",
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
                "verbose_name": "紙の返事",
                "verbose_name_plural": "紙の返事",
                "ordering": ["-issued_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["issued", "entered", "confirmed", "dropped"])
                        ),
                        name="consent_paperform_state_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_by", None),
                            models.Q(("confirmed_by", models.F("entered_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="paper_second_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "confirmed"), _negated=True),
                            models.Q(
                                ("confirmed_by__isnull", False),
                                ("receipt__isnull", False),
                                ("signed_on__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="paper_confirmed_whole",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["issued", "entered"])),
                        fields=("student", "guardian"),
                        name="paper_open_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Programme",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("title", models.CharField(max_length=120, verbose_name="取り組みの名前")),
                ("begins_on", models.DateField(verbose_name="はじまり")),
                ("ends_on", models.DateField(verbose_name="おわり")),
                (
                    "contact",
                    models.CharField(blank=True, max_length=120, verbose_name="問い合わせ先の部署"),
                ),
                ("address", models.CharField(blank=True, max_length=200, verbose_name="住所")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="メール")),
                (
                    "phone",
                    apps.core.models.PhoneField(blank=True, max_length=60, verbose_name="電話"),
                ),
                (
                    "municipality",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="programme",
                        to="people.municipality",
                        verbose_name="自治体",
                    ),
                ),
            ],
            options={
                "verbose_name": "取り組みの期間",
                "verbose_name_plural": "取り組みの期間",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_on__gte", models.F("begins_on"))),
                        name="programme_ends_after_begin",
                        violation_error_message="おわりの日は、はじまりの日より前にできません。",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PurposePolicy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
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
                        verbose_name="利用目的",
                    ),
                ),
                ("is_offered", models.BooleanField(default=True, verbose_name="たずねる")),
                (
                    "decider",
                    models.CharField(
                        choices=[
                            ("both", "保護者と 本人の 両方"),
                            ("guardian", "保護者(本人が ことわれば つながない)"),
                        ],
                        max_length=10,
                        verbose_name="だれが決める",
                    ),
                ),
                (
                    "alone_from_age",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="空なら、何歳でも上のとおり。",
                        null=True,
                        verbose_name="本人だけで決める年齢",
                    ),
                ),
                (
                    "begins_on",
                    models.DateField(
                        blank=True, null=True, verbose_name="はじまり(空なら取り組みの期間)"
                    ),
                ),
                (
                    "ends_on",
                    models.DateField(
                        blank=True, null=True, verbose_name="おわり(空なら取り組みの期間)"
                    ),
                ),
                (
                    "readers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
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
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="内容を開ける立場",
                    ),
                ),
                (
                    "kept_days",
                    models.PositiveSmallIntegerField(default=365, verbose_name="残す日数"),
                ),
                ("order", models.PositiveSmallIntegerField(default=0, verbose_name="順番")),
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
                "verbose_name": "利用目的の決まり",
                "verbose_name_plural": "利用目的の決まり",
                "ordering": ["order"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("municipality", "purpose"),
                        name="policy_once",
                        violation_error_message="この利用目的の決まりは、もうあります。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("begins_on", None),
                            ("ends_on", None),
                            ("ends_on__gte", models.F("begins_on")),
                            _connector="OR",
                        ),
                        name="policy_ends_after_begin",
                        violation_error_message="おわりの日は、はじまりの日より前にできません。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("alone_from_age", None),
                            ("alone_from_age__range", (12, 20)),
                            _connector="OR",
                        ),
                        name="policy_age_plausible",
                        violation_error_message="本人だけで決める年齢は、12歳から20歳までです。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "purpose__in",
                                [
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
                        name="consent_purposepolicy_purpose_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("decider__in", ["both", "guardian"])),
                        name="consent_purposepolicy_decider_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "readers__contained_by",
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
                        name="consent_purposepolicy_readers_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TelephoneAnswer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("documents", models.JSONField(default=dict, verbose_name="読み上げた版")),
                ("answers", models.JSONField(default=dict, verbose_name="返事")),
                (
                    "spoke",
                    models.CharField(
                        choices=[
                            ("self", "保護者本人"),
                            ("interpreter", "通訳をまじえて(通訳は、子どもではない)"),
                        ],
                        max_length=11,
                        verbose_name="話した人",
                    ),
                ),
                (
                    "known_by",
                    models.CharField(
                        choices=[
                            ("emergency_card", "学校の緊急連絡カードの番号に、学校からかけた"),
                            ("number_held", "学校が前から知っていた、ほかの番号に、学校からかけた"),
                            ("called_in", "かかってきた電話(まだ、かけなおしていない)"),
                        ],
                        max_length=14,
                        verbose_name="だれか確かめた方法",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "確認まち"),
                            ("confirmed", "確かめた"),
                            ("dropped", "使わない"),
                            ("lapsed", "確かめないまま、期限がすぎた"),
                        ],
                        default="waiting",
                        max_length=9,
                        verbose_name="状態",
                    ),
                ),
                ("form_key", models.UUIDField(editable=False)),
                (
                    "entered_role",
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
                        verbose_name="入力した立場",
                    ),
                ),
                (
                    "entered_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, editable=False, verbose_name="入力した時"
                    ),
                ),
                (
                    "confirmed_how",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("listened", "その電話を、いっしょに聞いた"),
                            ("called_back", "学校が前から知っていた番号に、かけなおして聞いた"),
                        ],
                        max_length=11,
                        verbose_name="二人目の確かめかた",
                    ),
                ),
                (
                    "ended_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="決まった時"),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="確かめた(使わないことにした)人",
                    ),
                ),
                (
                    "entered_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="入力した人",
                    ),
                ),
                (
                    "guardian",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.guardian",
                        verbose_name="保護者",
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
                    "receipt",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="call",
                        to="consent.consentreceipt",
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
                "verbose_name": "電話の返事",
                "verbose_name_plural": "電話の返事",
                "ordering": ["-entered_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["student"],
                        name="call_waiting",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["waiting", "confirmed", "dropped", "lapsed"])
                        ),
                        name="consent_telephoneanswer_state_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("spoke__in", ["self", "interpreter"])),
                        name="consent_telephoneanswer_spoke_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("known_by__in", ["emergency_card", "number_held", "called_in"])
                        ),
                        name="consent_telephoneanswer_known_by_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "entered_role__in",
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
                        name="consent_telephoneanswer_entered_role_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confirmed_how__in", ["", "listened", "called_back"])),
                        name="call_confirmed_how_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "confirmed"), _negated=True),
                            models.Q(
                                ("ended_by__isnull", False),
                                ("receipt__isnull", False),
                                models.Q(("confirmed_how", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="call_confirmed_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "confirmed"), _negated=True),
                            models.Q(("ended_by", models.F("entered_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="call_second_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("state", "waiting")),
                            models.Q(
                                models.Q(("state", "waiting"), _negated=True),
                                ("ended_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="call_ended_when_it_waits_no_more",
                    ),
                    models.UniqueConstraint(
                        fields=("entered_by", "student", "form_key"), name="call_form_once"
                    ),
                ],
            },
        ),
    ]
