"""The tables, constraints and triggers of notices."""

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
            name="SupportOrganisation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="名前")),
                (
                    "mark",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("phone", "電話"),
                            ("chat", "チャット"),
                            ("place", "場所"),
                            ("heart", "こころ"),
                            ("home", "家"),
                            ("school", "学校"),
                            ("book", "勉強"),
                            ("person", "人"),
                        ],
                        max_length=8,
                        verbose_name="しるし",
                    ),
                ),
                ("summary", models.CharField(blank=True, max_length=200, verbose_name="ひとこと")),
                (
                    "needs",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=8),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="どんな ことに",
                    ),
                ),
                ("helps_with", models.TextField(blank=True, verbose_name="どんな とき")),
                ("for_whom", models.CharField(blank=True, max_length=120, verbose_name="だれの")),
                (
                    "phone",
                    apps.core.models.PhoneField(blank=True, max_length=120, verbose_name="電話"),
                ),
                ("chat_url", models.URLField(blank=True, verbose_name="チャット")),
                ("line_url", models.URLField(blank=True, verbose_name="LINE")),
                ("web_url", models.URLField(blank=True, verbose_name="ホームページ")),
                ("place", models.CharField(blank=True, max_length=200, verbose_name="場所")),
                (
                    "address",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="住所(地図を開くため)"
                    ),
                ),
                (
                    "hours_note",
                    models.CharField(blank=True, max_length=200, verbose_name="時間の 言葉"),
                ),
                ("is_always_open", models.BooleanField(default=False, verbose_name="24時間")),
                (
                    "rests_on_holidays",
                    models.BooleanField(default=False, verbose_name="祝日は休み"),
                ),
                ("cost", models.CharField(blank=True, max_length=80, verbose_name="お金")),
                (
                    "is_anonymous",
                    models.BooleanField(default=False, verbose_name="名前を 言わなくて いい"),
                ),
                (
                    "languages",
                    models.CharField(blank=True, max_length=120, verbose_name="言葉(言語)"),
                ),
                ("first_talk", models.TextField(blank=True, verbose_name="はじめて 話すとき")),
                (
                    "is_emergency",
                    models.BooleanField(default=False, verbose_name="いのちの 番号(110・119)"),
                ),
                ("order", models.PositiveSmallIntegerField(default=100, verbose_name="順番")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "下書き"),
                            ("published", "公開"),
                            ("withdrawn", "取り下げ"),
                        ],
                        default="draft",
                        max_length=10,
                        verbose_name="状態",
                    ),
                ),
                ("verified_on", models.DateField(blank=True, null=True, verbose_name="確かめた日")),
                (
                    "verified_by",
                    models.CharField(blank=True, max_length=80, verbose_name="確かめた人"),
                ),
                (
                    "source_url",
                    models.CharField(blank=True, max_length=300, verbose_name="もとの情報"),
                ),
                (
                    "changed_by",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(),
                        blank=True,
                        default=list,
                        editable=False,
                        size=None,
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
            ],
            options={
                "verbose_name": "相談・支援の窓口",
                "verbose_name_plural": "相談・支援の窓口",
                "ordering": ["order", "name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["draft", "published", "withdrawn"])),
                        name="notices_supportorganisation_state_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("mark", ""),
                            (
                                "mark__in",
                                [
                                    "phone",
                                    "chat",
                                    "place",
                                    "heart",
                                    "home",
                                    "school",
                                    "book",
                                    "person",
                                ],
                            ),
                            _connector="OR",
                        ),
                        name="mark_is_drawn",
                        violation_error_message="このしるしは選べません。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "needs__contained_by",
                                [
                                    "friends",
                                    "bullying",
                                    "school",
                                    "family",
                                    "fear",
                                    "health",
                                    "future",
                                    "net",
                                    "meals",
                                    "place",
                                    "any",
                                ],
                            )
                        ),
                        name="needs_are_known",
                        violation_error_message="この「どんなことに」は選べません。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "published"), _negated=True),
                            models.Q(
                                ("verified_on__isnull", False),
                                models.Q(("source_url", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="published_is_verified",
                        violation_error_message="公開するには、もとの情報と確かめた日が要ります。",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("title", models.CharField(max_length=120, verbose_name="題")),
                ("body", models.TextField(verbose_name="本文")),
                (
                    "grades",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=3),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="学年(空なら 全部)",
                    ),
                ),
                ("for_guardians", models.BooleanField(default=True, verbose_name="保護者にも")),
                ("is_urgent", models.BooleanField(default=False, verbose_name="急ぎ")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "下書き"),
                            ("waiting", "確認待ち"),
                            ("published", "公開"),
                            ("corrected", "訂正ずみ"),
                            ("withdrawn", "取り下げ"),
                        ],
                        default="draft",
                        max_length=10,
                        verbose_name="状態",
                    ),
                ),
                (
                    "publish_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="出す時"),
                ),
                (
                    "expires_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="おわる時"),
                ),
                (
                    "submitted_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="確認をたのんだ時"
                    ),
                ),
                (
                    "change_note",
                    models.CharField(blank=True, max_length=200, verbose_name="なおした ところ"),
                ),
                (
                    "withdrawn_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="取り下げた時"
                    ),
                ),
                (
                    "withdrawn_words",
                    models.CharField(blank=True, max_length=200, verbose_name="取り下げの 言葉"),
                ),
                (
                    "push_sent_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="通知を鳴らした時"
                    ),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="notices.notice",
                        verbose_name="まえの お知らせ",
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
                    "published_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="確かめて出した人",
                    ),
                ),
                (
                    "schools",
                    models.ManyToManyField(
                        blank=True,
                        related_name="+",
                        to="people.school",
                        verbose_name="学校(空なら 全部)",
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
                (
                    "organisations",
                    models.ManyToManyField(
                        blank=True,
                        related_name="notices",
                        to="notices.supportorganisation",
                        verbose_name="窓口",
                    ),
                ),
            ],
            options={
                "verbose_name": "お知らせ",
                "verbose_name_plural": "お知らせ",
                "ordering": ["-publish_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["draft", "waiting", "published", "corrected", "withdrawn"],
                            )
                        ),
                        name="notices_notice_state_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expires_at", None),
                            ("expires_at__gt", models.F("publish_at")),
                            _connector="OR",
                        ),
                        name="notice_ends_after_begin",
                        violation_error_message="おわる時は、出す時より後にしてください。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("written_by", None),
                            ("published_by", None),
                            models.Q(("published_by", models.F("written_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="notice_needs_two_people",
                        violation_error_message="書いた人とは別の人が確かめてください。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "published"), _negated=True),
                            ("published_by__isnull", False),
                            _connector="OR",
                        ),
                        name="published_notice_was_checked",
                        violation_error_message="公開するには、確かめた人が要ります。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "waiting"), _negated=True),
                            models.Q(
                                ("submitted_at__isnull", False), ("written_by__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="waiting_notice_has_an_author",
                        violation_error_message="確認をたのむには、書いた人が要ります。",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "withdrawn"), _negated=True),
                        fields=("corrects",),
                        name="one_correction_at_a_time",
                        violation_error_message="このお知らせの訂正は、もう書かれています。",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Verification",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField(default=apps.core.clock.now, verbose_name="いつ")),
                ("source_url", models.CharField(max_length=300, verbose_name="もとの情報")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="だれが",
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
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="verifications",
                        to="notices.supportorganisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "窓口の確かめ",
                "verbose_name_plural": "窓口の確かめ",
                "ordering": ["-at"],
            },
        ),
        migrations.CreateModel(
            name="NoticeReceipt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "shown_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="見せた時"),
                ),
                ("opened_at", models.DateTimeField(blank=True, null=True, verbose_name="開いた時")),
                (
                    "municipality",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.municipality",
                    ),
                ),
                (
                    "notice",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipts",
                        to="notices.notice",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notice_receipts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "既読",
                "verbose_name_plural": "既読",
                "constraints": [
                    models.UniqueConstraint(fields=("notice", "user"), name="receipt_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="PaperHandout",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField(default=apps.core.clock.now, verbose_name="いつ")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="だれが",
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
                    "notice",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hand_outs",
                        to="notices.notice",
                    ),
                ),
                (
                    "school_class",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.schoolclass",
                        verbose_name="学級",
                    ),
                ),
            ],
            options={
                "verbose_name": "紙で配った学級",
                "verbose_name_plural": "紙で配った学級",
                "constraints": [
                    models.UniqueConstraint(fields=("notice", "school_class"), name="hand_out_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="OpeningHours",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("weekday", models.PositiveSmallIntegerField(verbose_name="曜日")),
                ("opens_at", models.TimeField(verbose_name="はじまり")),
                ("closes_at", models.TimeField(verbose_name="おわり")),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="opening_hours",
                        to="notices.supportorganisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "時間",
                "verbose_name_plural": "時間",
                "ordering": ["weekday", "opens_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("weekday__lte", 6)),
                        name="weekday_of_seven",
                        violation_error_message="曜日は月から日までです。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("closes_at", models.F("opens_at")), _negated=True),
                        name="opening_has_length",
                        violation_error_message="はじまりと おわりを、べつの 時刻に してください。",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="notice",
            trigger=pgtrigger.compiler.Trigger(
                name="transitions",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{draft:waiting,draft:withdrawn,published:corrected,published:withdrawn,waiting:draft,waiting:published,waiting:withdrawn,withdrawn:published}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="2603595642a6613690b2cde89354534ffb5bc906",
                    operation="UPDATE",
                    pgid="pgtrigger_transitions_a8d02",
                    table="notices_notice",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="HoursException",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("begins_on", models.DateField(verbose_name="はじめの日")),
                ("ends_on", models.DateField(verbose_name="おわりの日")),
                ("every_year", models.BooleanField(default=False, verbose_name="毎年")),
                (
                    "opens_at",
                    models.TimeField(blank=True, null=True, verbose_name="はじまり(空なら休み)"),
                ),
                ("closes_at", models.TimeField(blank=True, null=True, verbose_name="おわり")),
                ("note", models.CharField(blank=True, max_length=60, verbose_name="ひとこと")),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exceptions",
                        to="notices.supportorganisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "いつもと ちがう日",
                "verbose_name_plural": "いつもと ちがう日",
                "ordering": ["begins_on"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_on__gte", models.F("begins_on"))),
                        name="exception_ends_after_it_begins",
                        violation_error_message="おわりの日は、はじめの日より前にできません。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closes_at", None), ("opens_at", None)),
                            models.Q(
                                ("closes_at__isnull", False),
                                ("opens_at__isnull", False),
                                models.Q(("closes_at", models.F("opens_at")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="exception_has_both_times_or_none",
                        violation_error_message="はじまりと おわりは、両方 入れるか、両方 空に してください。",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="verification",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="a61ef1b001ca4915b954efd2781877f7247d133e",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_2d2d9",
                    table="notices_verification",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="verification",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="7acf7f567e9c9582fcda605267bc4c324c53dc15",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_57ad1",
                    table="notices_verification",
                    when="BEFORE",
                ),
            ),
        ),
    ]
