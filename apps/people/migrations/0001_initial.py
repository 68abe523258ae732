"""The tables, constraints and triggers of people."""

import uuid

import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import apps.core.clock
import apps.core.sealed_field


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Municipality",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "code",
                    models.CharField(max_length=6, unique=True, verbose_name="教育委員会コード"),
                ),
                ("name", models.CharField(max_length=60, verbose_name="名前")),
            ],
            options={
                "verbose_name": "自治体",
                "verbose_name_plural": "自治体",
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                ),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        unique=True,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, verbose_name="email address"),
                ),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                (
                    "date_joined",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="date joined"
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "session_epoch",
                    models.PositiveIntegerField(
                        db_default=0, default=0, verbose_name="サインインの世代"
                    ),
                ),
                (
                    "page_language",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("ja", "日本語"),
                            ("ja-easy", "やさしい にほんご"),
                            ("en", "English"),
                        ],
                        db_default="",
                        default="",
                        max_length=7,
                        verbose_name="画面の言葉",
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "アカウント",
                "verbose_name_plural": "アカウント",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("page_language__in", ["", "ja", "ja-easy", "en"])),
                        name="people_user_page_language_valid",
                    )
                ],
            },
            managers=[
                ("objects", django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name="Guardian",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[("roster", "名簿"), ("letter", "手紙で来た人")],
                        db_default="roster",
                        default="roster",
                        max_length=6,
                        verbose_name="どこから",
                    ),
                ),
                (
                    "source_id",
                    models.CharField(blank=True, max_length=64, verbose_name="名簿の番号"),
                ),
                ("master_id", models.UUIDField(blank=True, null=True, verbose_name="共通ID")),
                ("family_name", models.CharField(max_length=60, verbose_name="姓")),
                ("given_name", models.CharField(max_length=60, verbose_name="名")),
                (
                    "family_kana",
                    models.CharField(blank=True, max_length=60, verbose_name="姓(カナ)"),
                ),
                (
                    "given_kana",
                    models.CharField(blank=True, max_length=60, verbose_name="名(カナ)"),
                ),
                (
                    "is_enabled",
                    models.BooleanField(
                        db_default=True, default=True, verbose_name="名簿で 使える"
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[
                            ("ja", "日本語"),
                            ("en", "English"),
                            ("zh", "中文"),
                            ("pt", "Português"),
                            ("vi", "Tiếng Việt"),
                        ],
                        db_default="ja",
                        default="ja",
                        max_length=2,
                        verbose_name="話しやすい言葉",
                    ),
                ),
                (
                    "left_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="名簿から消えた時"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="アカウント",
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
            ],
            options={
                "verbose_name": "保護者",
                "verbose_name_plural": "保護者",
                "indexes": [
                    models.Index(fields=["municipality", "source_id"], name="guardian_source")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("municipality", "master_id"), name="guardian_master_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("origin__in", ["roster", "letter"])),
                        name="people_guardian_origin_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("language__in", ["ja", "en", "zh", "pt", "vi"])),
                        name="people_guardian_language_valid",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("origin", "letter")),
                        fields=("municipality", "user"),
                        name="guardian_by_letter_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="School",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("source_id", models.CharField(max_length=64, verbose_name="名簿の番号")),
                ("code", models.CharField(max_length=13, verbose_name="学校コード")),
                ("name", models.CharField(max_length=80, verbose_name="名前")),
                (
                    "municipality",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="schools",
                        to="people.municipality",
                        verbose_name="自治体",
                    ),
                ),
            ],
            options={
                "verbose_name": "学校",
                "verbose_name_plural": "学校",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("municipality", "code"), name="school_code_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PendingAct",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=30, verbose_name="何をする")),
                ("thing_id", models.CharField(max_length=60, verbose_name="対象の番号")),
                ("title", models.CharField(max_length=120, verbose_name="対象")),
                (
                    "payload",
                    apps.core.sealed_field.SealedJSONField(default=dict, verbose_name="内容"),
                ),
                ("preview", models.JSONField(default=dict, verbose_name="見せた数")),
                (
                    "reason",
                    apps.core.sealed_field.SealedTextField(max_length=300, verbose_name="理由"),
                ),
                ("needs_second", models.BooleanField(default=True, verbose_name="二人目がいる")),
                (
                    "proposed_role",
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
                        verbose_name="その立場",
                    ),
                ),
                (
                    "proposed_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="はじめた時"),
                ),
                (
                    "confirmed_role",
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
                        verbose_name="その立場",
                    ),
                ),
                ("confirmed_at", models.DateTimeField(null=True, verbose_name="確かめた時")),
                ("stopped_at", models.DateTimeField(null=True, verbose_name="止めた時")),
                ("due_at", models.DateTimeField(null=True, verbose_name="行う時")),
                ("done_at", models.DateTimeField(null=True, verbose_name="行った時")),
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
                    "municipality",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.municipality",
                        verbose_name="自治体",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="はじめの人",
                    ),
                ),
                (
                    "stopped_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="止めた人",
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.school",
                        verbose_name="学校(空なら自治体全体)",
                    ),
                ),
            ],
            options={
                "verbose_name": "確認を待つ変更",
                "verbose_name_plural": "確認を待つ変更",
                "ordering": ["-proposed_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at", None)),
                        fields=["municipality", "kind"],
                        name="act_not_done",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "access.narrow",
                                    "access.restore",
                                    "account.lock",
                                    "account.unlock",
                                    "calendar.rest",
                                    "codes.renew",
                                    "duty.stop",
                                    "duty.thin",
                                    "guardian.keep_out",
                                    "guardian.let_decide",
                                    "guardian.let_in",
                                    "guardian.rename",
                                    "guardianship.end",
                                    "keys.lose",
                                    "letters.revoke",
                                    "notice.hide",
                                    "organisation.change",
                                    "organisation.hide",
                                    "pin.reset",
                                    "policy.begin",
                                    "policy.end",
                                    "policy.keep_shorter",
                                    "post.appoint",
                                    "post.change",
                                    "post.end",
                                    "post.restore",
                                    "programme.begin",
                                    "programme.end",
                                    "questions.retire",
                                    "records.lose",
                                    "second_factor.reset",
                                    "sessions.end",
                                    "words.publish",
                                ],
                            )
                        ),
                        name="people_pendingact_kind_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "proposed_role__in",
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
                        name="people_pendingact_proposed_role_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "confirmed_role__in",
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
                        name="people_pendingact_confirmed_role_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_by", None),
                            models.Q(("confirmed_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="act_second_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("confirmed_at", None),
                                ("confirmed_by", None),
                                ("confirmed_role", ""),
                            ),
                            models.Q(
                                ("confirmed_at__isnull", False),
                                ("confirmed_by__isnull", False),
                                models.Q(("confirmed_role", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="act_confirmation_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("stopped_by", None), ("stopped_at__isnull", False), _connector="OR"
                        ),
                        name="act_stop_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("due_at", None),
                            ("needs_second", False),
                            ("confirmed_at__isnull", False),
                            _connector="OR",
                        ),
                        name="act_due_once_agreed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="act_has_a_reason"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("done_at", None), ("stopped_at", None)),
                        fields=("kind", "thing_id"),
                        name="act_open_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SchoolClass",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("source_id", models.CharField(max_length=64, verbose_name="名簿の番号")),
                ("school_year", models.PositiveSmallIntegerField(verbose_name="年度")),
                ("grade", models.CharField(blank=True, max_length=3, verbose_name="学年")),
                ("title", models.CharField(max_length=60, verbose_name="学級")),
                ("special_needs", models.BooleanField(default=False, verbose_name="特別支援学級")),
                (
                    "gone_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="名簿から消えた時"),
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
                        related_name="classes",
                        to="people.school",
                        verbose_name="学校",
                    ),
                ),
            ],
            options={
                "verbose_name": "学級",
                "verbose_name_plural": "学級",
                "ordering": ["school", "grade", "title"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("municipality", "school", "source_id"), name="class_source_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Student",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("source_id", models.CharField(max_length=64, verbose_name="名簿の番号")),
                ("master_id", models.UUIDField(blank=True, null=True, verbose_name="共通ID")),
                (
                    "local_code",
                    models.CharField(blank=True, max_length=40, verbose_name="管理コード"),
                ),
                ("family_name", models.CharField(max_length=60, verbose_name="姓")),
                ("given_name", models.CharField(max_length=60, verbose_name="名")),
                ("family_kana", models.CharField(max_length=60, verbose_name="姓(カナ)")),
                ("given_kana", models.CharField(max_length=60, verbose_name="名(カナ)")),
                ("grade", models.CharField(blank=True, max_length=3, verbose_name="学年")),
                (
                    "attendance_number",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="出席番号"
                    ),
                ),
                ("birth_month", models.DateField(blank=True, null=True, verbose_name="生まれた月")),
                (
                    "is_enabled",
                    models.BooleanField(
                        db_default=True, default=True, verbose_name="名簿で 使える"
                    ),
                ),
                (
                    "left_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="名簿から消えた時"),
                ),
                (
                    "pin_reset_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="確かめていない暗証番号の、はじまり"
                    ),
                ),
                (
                    "pin_chosen_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="本人が暗証番号を決めた時"
                    ),
                ),
                (
                    "pin_reset_confirmed_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="本人がいたと確かめた時"
                    ),
                ),
                (
                    "home_class",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="students",
                        to="people.schoolclass",
                        verbose_name="学級",
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
                    "pin_reset_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="決めなおした人",
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="students",
                        to="people.school",
                        verbose_name="学校",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="アカウント",
                    ),
                ),
            ],
            options={
                "verbose_name": "生徒",
                "verbose_name_plural": "生徒",
                "ordering": [
                    "home_class__grade",
                    "home_class__title",
                    "attendance_number",
                    "family_kana",
                ],
                "indexes": [
                    models.Index(fields=["municipality", "source_id"], name="student_source")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("left_at", None)),
                        fields=("municipality", "school", "source_id"),
                        name="student_source_once_at_school",
                    ),
                    models.UniqueConstraint(
                        fields=("municipality", "master_id"), name="student_master_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            models.Q(("local_code", ""), _negated=True), ("left_at", None)
                        ),
                        fields=("municipality", "school", "local_code"),
                        name="student_local_code_once",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="guardian",
            trigger=pgtrigger.compiler.Trigger(
                name="standing_of_account",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\nIF NEW.user_id IS NULL OR NEW.user_id IS NOT DISTINCT FROM OLD.user_id THEN\n  RETURN NULL;\nEND IF;\nPERFORM t.id FROM people_guardianship t WHERE t.guardian_id IN\n  (SELECT g.id FROM people_guardian g WHERE g.user_id = NEW.user_id) ORDER BY t.id FOR UPDATE;\nPERFORM pg_advisory_xact_lock_shared(hashtextextended('people.guardianship.standing', 0));\nUPDATE people_guardianship t SET standing = 'kept_out'\nFROM people_guardian g JOIN people_guardian o ON o.user_id = g.user_id AND o.id <> g.id\n  JOIN people_guardianship k ON k.guardian_id = o.id AND k.standing = 'kept_out'\nWHERE t.guardian_id = g.id AND g.user_id = NEW.user_id AND t.standing <> 'kept_out'\n  AND (g.id = NEW.id OR k.student_id = t.student_id);\nRETURN NULL;\n",
                    hash="040d6a3f5cd08d372b6bf019e7c992af8a2b63c3",
                    operation='UPDATE OF "user_id"',
                    pgid="pgtrigger_standing_of_account_f5f0f",
                    table="people_guardian",
                    when="AFTER",
                ),
            ),
        ),
        migrations.CreateModel(
            name="ReadingRight",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("purpose", models.CharField(max_length=40, verbose_name="利用目的")),
                (
                    "roles",
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
                        default=list,
                        size=None,
                        verbose_name="立場",
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
            ],
            options={
                "verbose_name": "内容を開ける立場",
                "verbose_name_plural": "内容を開ける立場",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("municipality", "purpose"), name="reading_right_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "roles__contained_by",
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
                        name="people_readingright_roles_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProtectionCheck",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("checked_on", models.DateField(verbose_name="支援措置を確かめた日")),
                ("none_known", models.BooleanField(verbose_name="該当なし")),
                (
                    "recorded_role",
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
                ("recorded_at", models.DateTimeField(verbose_name="いつ")),
                (
                    "municipality",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.municipality",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="だれが",
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="protection_checks",
                        to="people.school",
                        verbose_name="学校",
                    ),
                ),
            ],
            options={
                "verbose_name": "支援措置の確認",
                "verbose_name_plural": "支援措置の確認",
                "ordering": ["-checked_on", "-recorded_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "recorded_role__in",
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
                        name="people_protectioncheck_recorded_role_valid",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="protectioncheck",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="05f83816286636450bbdf3c2398196789521775c",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_76c0b",
                    table="people_protectioncheck",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="protectioncheck",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="d9ea3fa21e8465233a3b84f3fc67e54b1479d65d",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_7abfa",
                    table="people_protectioncheck",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pendingact",
            trigger=pgtrigger.compiler.Trigger(
                name="stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="00b7e7336814065c7020b7f7ac8cb357220b6bc4",
                    operation="DELETE",
                    pgid="pgtrigger_stays_805e9",
                    table="people_pendingact",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pendingact",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="c1667b189c436686d6319ba26eb25cd9a96d59f9",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_1d9ae",
                    table="people_pendingact",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pendingact",
            trigger=pgtrigger.compiler.Trigger(
                name="as_it_was",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."municipality_id" IS DISTINCT FROM (NEW."municipality_id") OR OLD."school_id" IS DISTINCT FROM (NEW."school_id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."thing_id" IS DISTINCT FROM (NEW."thing_id") OR OLD."preview" IS DISTINCT FROM (NEW."preview") OR OLD."needs_second" IS DISTINCT FROM (NEW."needs_second") OR OLD."proposed_by_id" IS DISTINCT FROM (NEW."proposed_by_id") OR OLD."proposed_role" IS DISTINCT FROM (NEW."proposed_role") OR OLD."proposed_at" IS DISTINCT FROM (NEW."proposed_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="262cfe32cb5fe7ef8b5474ba9b5d90b5fe9fe17e",
                    operation="UPDATE",
                    pgid="pgtrigger_as_it_was_cb2ae",
                    table="people_pendingact",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pendingact",
            trigger=pgtrigger.compiler.Trigger(
                name="payload_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.payload IS DISTINCT FROM NEW.payload AND (OLD.payload = '' OR NEW.payload NOT LIKE 'sealed:%' OR current_setting('kaga.sealing_anew', true) IS DISTINCT FROM 'on') AND NOT (NEW.payload = '' AND NEW.kind IN ('access.restore', 'guardian.rename') AND (NEW.stopped_at IS NOT NULL OR NEW.done_at IS NOT NULL)))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="4c6f829feb7c52444f5a48222ba54924e8a6fae7",
                    operation="UPDATE",
                    pgid="pgtrigger_payload_stays_aba3c",
                    table="people_pendingact",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pendingact",
            trigger=pgtrigger.compiler.Trigger(
                name="reason_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.reason IS DISTINCT FROM NEW.reason AND (OLD.reason = '' OR NEW.reason NOT LIKE 'sealed:%' OR current_setting('kaga.sealing_anew', true) IS DISTINCT FROM 'on'))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="8d6527e4765b0efee526fddaba597aedc3d650ff",
                    operation="UPDATE",
                    pgid="pgtrigger_reason_stays_a9dda",
                    table="people_pendingact",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="SchoolBreak",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("title", models.CharField(max_length=40, verbose_name="名前")),
                ("begins_on", models.DateField(verbose_name="はじまり")),
                ("ends_on", models.DateField(verbose_name="おわり(この日まで休み)")),
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
                        related_name="breaks",
                        to="people.school",
                        verbose_name="学校",
                    ),
                ),
            ],
            options={
                "verbose_name": "学校の休み",
                "verbose_name_plural": "学校の休み",
                "ordering": ["-begins_on"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_on__gte", models.F("begins_on"))),
                        name="break_ends_after_it_begins",
                        violation_error_message="おわりの日は、はじまりの日より前にできません。",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="schoolclass",
            trigger=pgtrigger.compiler.Trigger(
                name="former_holders_of_class",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NOT EXISTS (SELECT FROM before_rows o JOIN after_rows n USING (id) WHERE o.title <> n.title) THEN RETURN NULL; END IF;\nINSERT INTO people_formeridentifier (id, school_id, student_id, kind, name, held_until)\nSELECT gen_random_uuid(), school_id, id, kind, name, until FROM (\nSELECT s.id, s.school_id, 'seat' AS kind, s.grade || '|' || o.title || '|' || s.attendance_number AS name, (now() AT TIME ZONE 'Asia/Tokyo')::date AS until\nFROM before_rows o JOIN after_rows n USING (id)\nJOIN people_student s ON s.home_class_id = n.id AND s.left_at IS NULL WHERE o.title <> n.title\n) lost\nWHERE name <> ''\nON CONFLICT (school_id, kind, name, student_id)\n  DO UPDATE SET held_until = EXCLUDED.held_until, next_since = NULL;\nUPDATE people_formeridentifier f SET next_since =\n  CASE WHEN f.kind = 'seat' AND f.held_until = make_date(extract(year FROM (now() AT TIME ZONE 'Asia/Tokyo')::date - interval '3 months')::int, 3, 31) AND (now() AT TIME ZONE 'Asia/Tokyo')::date < make_date(extract(year FROM (now() AT TIME ZONE 'Asia/Tokyo')::date - interval '3 months')::int, 3, 31) + 31\n    THEN make_date(extract(year FROM (now() AT TIME ZONE 'Asia/Tokyo')::date - interval '3 months')::int, 3, 31) + 1 ELSE (now() AT TIME ZONE 'Asia/Tokyo')::date END\nFROM (\nSELECT s.id, s.school_id, 'seat' AS kind, s.grade || '|' || n.title || '|' || s.attendance_number AS name, (now() AT TIME ZONE 'Asia/Tokyo')::date AS until\nFROM before_rows o JOIN after_rows n USING (id)\nJOIN people_student s ON s.home_class_id = n.id AND s.left_at IS NULL WHERE o.title <> n.title\n) gained\nWHERE f.school_id = gained.school_id AND f.kind = gained.kind AND f.name = gained.name\n  AND f.student_id <> gained.id;\nRETURN NULL;\n",
                    hash="fe135f9ac9f162993d5464579dafc4bfed1f5aa5",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_former_holders_of_class_0dea2",
                    referencing="REFERENCING OLD TABLE AS before_rows  NEW TABLE AS after_rows ",
                    table="people_schoolclass",
                    when="AFTER",
                ),
            ),
        ),
        migrations.CreateModel(
            name="StaffPost",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "source_id",
                    models.CharField(blank=True, max_length=64, verbose_name="名簿の番号"),
                ),
                ("master_id", models.UUIDField(blank=True, null=True, verbose_name="共通ID")),
                ("name", models.CharField(max_length=120, verbose_name="名前")),
                (
                    "grade",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=3, verbose_name="学年"
                    ),
                ),
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
                ("begins_on", models.DateField(blank=True, null=True, verbose_name="はじまり")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="おわり")),
                (
                    "is_enabled",
                    models.BooleanField(
                        db_default=True, default=True, verbose_name="名簿で 使える"
                    ),
                ),
                (
                    "renewed_on",
                    models.DateField(blank=True, null=True, verbose_name="続けると確かめた日"),
                ),
                (
                    "renewal_asked_on",
                    models.DateField(blank=True, null=True, verbose_name="続けるかをたずねた日"),
                ),
                (
                    "ended_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="終わりにした時"),
                ),
                (
                    "is_waiting",
                    models.BooleanField(
                        db_default=False, default=False, verbose_name="もう一人を待つ"
                    ),
                ),
                (
                    "extended_on",
                    models.DateField(blank=True, null=True, verbose_name="終わりをのばした日"),
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
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="staff_posts",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="アカウント",
                    ),
                ),
            ],
            options={
                "verbose_name": "職員の担当",
                "verbose_name_plural": "職員の担当",
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
                        name="people_staffpost_role_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("school__isnull", False),
                            ("role__in", ["city", "family_centre", "helpdesk", "privacy"]),
                            _connector="OR",
                        ),
                        name="school_post_has_school",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("role", "year_head"), models.Q(("grade", ""), _negated=True)),
                            models.Q(models.Q(("role", "year_head"), _negated=True), ("grade", "")),
                            _connector="OR",
                        ),
                        name="year_head_has_a_grade",
                        violation_error_message="学年主任には、学年がいります。ほかの立場には、いりません。",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            models.Q(("source_id", ""), _negated=True), ("ends_on", None)
                        ),
                        fields=("municipality", "source_id", "school", "role"),
                        name="post_source_once",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="student",
            trigger=pgtrigger.compiler.Trigger(
                name="former_holders_of_new",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NOT EXISTS (SELECT FROM people_formeridentifier) THEN RETURN NULL; END IF;\nINSERT INTO people_formeridentifier (id, school_id, student_id, kind, name, held_until)\nSELECT gen_random_uuid(), school_id, id, kind, name, until FROM (SELECT id, school_id, 'code' AS kind, '' AS name, NULL::date AS until FROM after_rows WHERE false) lost\nWHERE name <> ''\nON CONFLICT (school_id, kind, name, student_id)\n  DO UPDATE SET held_until = EXCLUDED.held_until, next_since = NULL;\nUPDATE people_formeridentifier f SET next_since =\n  CASE WHEN f.kind = 'seat' AND f.held_until = make_date(extract(year FROM (now() AT TIME ZONE 'Asia/Tokyo')::date - interval '3 months')::int, 3, 31) AND (now() AT TIME ZONE 'Asia/Tokyo')::date < make_date(extract(year FROM (now() AT TIME ZONE 'Asia/Tokyo')::date - interval '3 months')::int, 3, 31) + 31\n    THEN make_date(extract(year FROM (now() AT TIME ZONE 'Asia/Tokyo')::date - interval '3 months')::int, 3, 31) + 1 ELSE (now() AT TIME ZONE 'Asia/Tokyo')::date END\nFROM (\nSELECT n.id, n.school_id, 'code' AS kind, n.local_code AS name FROM after_rows n\nWHERE n.left_at IS NULL\nUNION ALL\nSELECT n.id, n.school_id, 'seat', n.grade || '|' || c.title || '|' || n.attendance_number\nFROM after_rows n JOIN people_schoolclass c ON c.id = n.home_class_id WHERE n.left_at IS NULL\n) gained\nWHERE f.school_id = gained.school_id AND f.kind = gained.kind AND f.name = gained.name\n  AND f.student_id <> gained.id;\nRETURN NULL;\n",
                    hash="68c02f21550dc6fa1d5eaf1bb707ccdf0bd732e4",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_former_holders_of_new_0e320",
                    referencing="REFERENCING NEW TABLE AS after_rows ",
                    table="people_student",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="student",
            trigger=pgtrigger.compiler.Trigger(
                name="former_holders",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\nIF NOT EXISTS (\n  SELECT FROM before_rows o JOIN after_rows n USING (id)\n  WHERE o.left_at IS DISTINCT FROM n.left_at OR (o.school_id, o.local_code) IS DISTINCT FROM (n.school_id, n.local_code) OR (o.school_id, o.grade, o.home_class_id, o.attendance_number) IS DISTINCT FROM (n.school_id, n.grade, n.home_class_id, n.attendance_number)\n) THEN RETURN NULL; END IF;\n\nINSERT INTO people_formeridentifier (id, school_id, student_id, kind, name, held_until)\nSELECT gen_random_uuid(), school_id, id, kind, name, until FROM (\nSELECT o.id, o.school_id, 'code' AS kind, o.local_code AS name, coalesce((n.left_at AT TIME ZONE 'Asia/Tokyo')::date, (now() AT TIME ZONE 'Asia/Tokyo')::date) AS until\nFROM before_rows o JOIN after_rows n USING (id)\nWHERE o.left_at IS NULL AND (n.left_at IS NOT NULL OR (o.school_id, o.local_code) IS DISTINCT FROM (n.school_id, n.local_code))\nUNION ALL\nSELECT o.id, o.school_id, 'seat', o.grade || '|' || c.title || '|' || o.attendance_number,\n  CASE WHEN n.left_at IS NULL AND n.grade <> o.grade THEN make_date(extract(year FROM (now() AT TIME ZONE 'Asia/Tokyo')::date - interval '3 months')::int, 3, 31) ELSE coalesce((n.left_at AT TIME ZONE 'Asia/Tokyo')::date, (now() AT TIME ZONE 'Asia/Tokyo')::date) END\nFROM before_rows o JOIN after_rows n USING (id) JOIN people_schoolclass c ON c.id = o.home_class_id\nWHERE o.left_at IS NULL AND (n.left_at IS NOT NULL OR (o.school_id, o.grade, o.home_class_id, o.attendance_number) IS DISTINCT FROM (n.school_id, n.grade, n.home_class_id, n.attendance_number))\n) lost\nWHERE name <> ''\nON CONFLICT (school_id, kind, name, student_id)\n  DO UPDATE SET held_until = EXCLUDED.held_until, next_since = NULL;\nUPDATE people_formeridentifier f SET next_since =\n  CASE WHEN f.kind = 'seat' AND f.held_until = make_date(extract(year FROM (now() AT TIME ZONE 'Asia/Tokyo')::date - interval '3 months')::int, 3, 31) AND (now() AT TIME ZONE 'Asia/Tokyo')::date < make_date(extract(year FROM (now() AT TIME ZONE 'Asia/Tokyo')::date - interval '3 months')::int, 3, 31) + 31\n    THEN make_date(extract(year FROM (now() AT TIME ZONE 'Asia/Tokyo')::date - interval '3 months')::int, 3, 31) + 1 ELSE (now() AT TIME ZONE 'Asia/Tokyo')::date END\nFROM (\nSELECT n.id, n.school_id, 'code' AS kind, n.local_code AS name\nFROM before_rows o JOIN after_rows n USING (id)\nWHERE n.left_at IS NULL AND (o.left_at IS NOT NULL OR (o.school_id, o.local_code) IS DISTINCT FROM (n.school_id, n.local_code))\nUNION ALL\nSELECT n.id, n.school_id, 'seat', n.grade || '|' || c.title || '|' || n.attendance_number\nFROM before_rows o JOIN after_rows n USING (id) JOIN people_schoolclass c ON c.id = n.home_class_id\nWHERE n.left_at IS NULL AND (o.left_at IS NOT NULL OR (o.school_id, o.grade, o.home_class_id, o.attendance_number) IS DISTINCT FROM (n.school_id, n.grade, n.home_class_id, n.attendance_number))\n) gained\nWHERE f.school_id = gained.school_id AND f.kind = gained.kind AND f.name = gained.name\n  AND f.student_id <> gained.id;\nRETURN NULL;\n",
                    hash="205193e3cdd1a207597e0b586cd3e9a76f5d5926",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_former_holders_f6556",
                    referencing="REFERENCING OLD TABLE AS before_rows  NEW TABLE AS after_rows ",
                    table="people_student",
                    when="AFTER",
                ),
            ),
        ),
        migrations.CreateModel(
            name="StandingChange",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "standing",
                    models.CharField(
                        choices=[
                            ("decides", "判断する"),
                            ("informed", "知らせるだけ"),
                            ("kept_out", "制限"),
                            ("waiting", "学校の確認を待っている"),
                        ],
                        max_length=8,
                        verbose_name="できること",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("support", "住民票などの支援措置(DV・ストーカー・虐待など)"),
                            ("court", "裁判所の決定・調停・保護命令"),
                            ("guidance", "児童相談所の措置・通知"),
                            ("custody", "親権・監護についての定め"),
                            ("danger", "危険があるため(書類はこれから)"),
                            ("over", "理由がなくなった"),
                            ("mistake", "まちがいだった"),
                        ],
                        max_length=8,
                        verbose_name="わけ",
                    ),
                ),
                (
                    "document_number",
                    apps.core.sealed_field.SealedTextField(
                        max_length=60, verbose_name="書類の番号"
                    ),
                ),
                (
                    "changed_role",
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
                        verbose_name="その立場",
                    ),
                ),
                ("changed_at", models.DateTimeField(verbose_name="いつ")),
                (
                    "act",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.pendingact",
                        verbose_name="確認を待つ変更",
                    ),
                ),
                (
                    "changed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="だれが",
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
                "verbose_name": "保護者にできることの記録",
                "verbose_name_plural": "保護者にできることの記録",
                "ordering": ["-changed_at"],
                "indexes": [models.Index(fields=["student", "guardian"], name="standing_of_pair")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("standing__in", ["decides", "informed", "kept_out", "waiting"])
                        ),
                        name="people_standingchange_standing_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "reason__in",
                                [
                                    "support",
                                    "court",
                                    "guidance",
                                    "custody",
                                    "danger",
                                    "over",
                                    "mistake",
                                ],
                            )
                        ),
                        name="people_standingchange_reason_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "changed_role__in",
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
                        name="people_standingchange_changed_role_valid",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="standingchange",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="2a66080409bf0dcdeb76f54c05d263758173872d",
                    operation="DELETE",
                    pgid="pgtrigger_append_only_5d871",
                    table="people_standingchange",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="standingchange",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="44c7003ca5c24a00113f06b2cfdbb84fd6f2a022",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_f3511",
                    table="people_standingchange",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="standingchange",
            trigger=pgtrigger.compiler.Trigger(
                name="record_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."municipality_id" IS DISTINCT FROM (NEW."municipality_id") OR OLD."guardian_id" IS DISTINCT FROM (NEW."guardian_id") OR OLD."student_id" IS DISTINCT FROM (NEW."student_id") OR OLD."standing" IS DISTINCT FROM (NEW."standing") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."act_id" IS DISTINCT FROM (NEW."act_id") OR OLD."changed_by_id" IS DISTINCT FROM (NEW."changed_by_id") OR OLD."changed_role" IS DISTINCT FROM (NEW."changed_role") OR OLD."changed_at" IS DISTINCT FROM (NEW."changed_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="9fb24a3d45fdad13032eb801ea9e3c1401d53888",
                    operation="UPDATE",
                    pgid="pgtrigger_record_stays_716e2",
                    table="people_standingchange",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="standingchange",
            trigger=pgtrigger.compiler.Trigger(
                name="document_number_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.document_number IS DISTINCT FROM NEW.document_number AND (OLD.document_number = '' OR NEW.document_number NOT LIKE 'sealed:%' OR current_setting('kaga.sealing_anew', true) IS DISTINCT FROM 'on'))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="9561f00ba7a7f112648b24ec749b71b8fae891b9",
                    operation="UPDATE",
                    pgid="pgtrigger_document_number_stays_09f4f",
                    table="people_standingchange",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="GuardianshipEnd",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("moved", "転居・転出などで、この子どもの世話をしなくなった"),
                            ("custody", "親権・監護についての定め"),
                            ("death", "亡くなった"),
                            ("mistake", "まちがって登録されていた"),
                        ],
                        max_length=7,
                        verbose_name="わけ",
                    ),
                ),
                ("ended_at", models.DateTimeField(verbose_name="いつ")),
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
                    "act",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.pendingact",
                        verbose_name="確認を待つ変更",
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
                "verbose_name": "学校が終わらせた続柄",
                "verbose_name_plural": "学校が終わらせた続柄",
                "ordering": ["-ended_at"],
                "indexes": [
                    models.Index(fields=["student", "guardian"], name="guardianship_end_of_pair")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reason__in", ["moved", "custody", "death", "mistake"])
                        ),
                        name="people_guardianshipend_reason_valid",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="guardianshipend",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="7718f2561099dfbd9b39f8403756aeefb936cf67",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_68942",
                    table="people_guardianshipend",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="guardianshipend",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="418501816a69a4de414cbf2547dfb89b03d2daf5",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_7ae5e",
                    table="people_guardianshipend",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Guardianship",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "began_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="はじまり"),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="おわり")),
                (
                    "standing",
                    models.CharField(
                        choices=[
                            ("decides", "判断する"),
                            ("informed", "知らせるだけ"),
                            ("kept_out", "制限"),
                            ("waiting", "学校の確認を待っている"),
                        ],
                        db_default="decides",
                        default="decides",
                        max_length=8,
                        verbose_name="できること",
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[("roster", "名簿"), ("letter", "手紙で来た人")],
                        db_default="roster",
                        default="roster",
                        max_length=6,
                        verbose_name="どこから",
                    ),
                ),
                (
                    "relation",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("mother", "母"),
                            ("father", "父"),
                            ("adoptive", "養親"),
                            ("grandparent", "祖父母"),
                            ("foster", "里親"),
                            ("legal", "未成年後見人"),
                            ("home_head", "施設長"),
                            ("home_staff", "施設の職員"),
                            ("guidance_head", "児童相談所長"),
                            ("other", "その他"),
                        ],
                        db_default="",
                        max_length=13,
                        verbose_name="続柄",
                    ),
                ),
                (
                    "must_stay_unknown",
                    models.BooleanField(
                        db_default=False, default=False, verbose_name="知られては困る人がいる"
                    ),
                ),
                (
                    "is_unconfirmed",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        editable=False,
                        verbose_name="学校がまだ確かめていない",
                    ),
                ),
                (
                    "ended_by_self",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        editable=False,
                        verbose_name="本人が終わらせた",
                    ),
                ),
                (
                    "guardian",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="guardianships",
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
                        verbose_name="自治体",
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="guardianships",
                        to="people.student",
                        verbose_name="生徒",
                    ),
                ),
            ],
            options={
                "verbose_name": "続柄",
                "verbose_name_plural": "続柄",
                "indexes": [
                    models.Index(
                        condition=models.Q(("standing", "kept_out")),
                        fields=["student"],
                        name="guardianship_kept_out",
                    ),
                    models.Index(
                        condition=models.Q(("standing", "kept_out")),
                        fields=["guardian"],
                        name="guardianship_who_is_kept_out",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("standing__in", ["decides", "informed", "kept_out", "waiting"])
                        ),
                        name="people_guardianship_standing_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("origin__in", ["roster", "letter"])),
                        name="people_guardianship_origin_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "relation__in",
                                [
                                    "",
                                    "mother",
                                    "father",
                                    "adoptive",
                                    "grandparent",
                                    "foster",
                                    "legal",
                                    "home_head",
                                    "home_staff",
                                    "guidance_head",
                                    "other",
                                ],
                            )
                        ),
                        name="people_guardianship_relation_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("standing", "waiting"), _negated=True),
                            ("origin", "letter"),
                            _connector="OR",
                        ),
                        name="guardianship_waits_by_letter",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_unconfirmed", False),
                            models.Q(("standing__in", ("decides", "informed")), _negated=True),
                            _connector="OR",
                        ),
                        name="guardianship_unconfirmed_opens_nothing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_by_self", False), ("ended_at__isnull", False), _connector="OR"
                        ),
                        name="guardianship_ended_by_self_has_ended",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("guardian", "student"),
                        name="guardianship_current_once",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="guardianship",
            trigger=pgtrigger.compiler.Trigger(
                name="standing_of_new",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE was text;",
                    func="\nPERFORM pg_advisory_xact_lock_shared(hashtextextended('people.guardianship.standing', 0));\nSELECT t.standing INTO was FROM people_guardianship t\nWHERE t.guardian_id = NEW.guardian_id AND t.student_id = NEW.student_id\nAND t.standing <> 'waiting' ORDER BY t.began_at DESC LIMIT 1;\nIF FOUND AND (NEW.standing <> 'waiting' OR was = 'kept_out') THEN\n  NEW.standing = was;\nELSIF NEW.standing = 'waiting' THEN\n  RETURN NEW;\nELSIF EXISTS (SELECT FROM people_guardianship t WHERE t.standing = 'kept_out'\n    AND t.student_id = NEW.student_id)\n  OR EXISTS (SELECT FROM people_guardianship t WHERE t.standing = 'kept_out'\n    AND t.guardian_id = NEW.guardian_id)\n  OR EXISTS (SELECT FROM people_guardian g JOIN people_guardian o ON o.user_id = g.user_id\n    JOIN people_guardianship t ON t.guardian_id = o.id AND t.standing = 'kept_out'\n    WHERE g.id = NEW.guardian_id) THEN\n  NEW.standing = 'kept_out';\nEND IF;\nRETURN NEW;\n",
                    hash="6c83aec168cd984afc1d1705adb94666164b9eeb",
                    operation="INSERT",
                    pgid="pgtrigger_standing_of_new_b9563",
                    table="people_guardianship",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="guardianship",
            trigger=pgtrigger.compiler.Trigger(
                name="unconfirmed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\nIF NEW.standing = 'waiting' OR (TG_OP = 'INSERT' AND NEW.origin = 'letter'\n    AND NEW.standing = 'kept_out') THEN\n  NEW.is_unconfirmed = true;\nELSIF NEW.standing IN ('decides', 'informed') THEN\n  NEW.is_unconfirmed = false;\nEND IF;\nRETURN NEW;\n",
                    hash="011c2b20a804bb685d1d7fd0f2e017c30616a823",
                    operation='INSERT OR UPDATE OF "standing"',
                    pgid="pgtrigger_unconfirmed_c511b",
                    table="people_guardianship",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="FormerIdentifier",
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
                        choices=[("code", "管理コード"), ("seat", "学年・組・番号")],
                        max_length=4,
                        verbose_name="種類",
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="名前")),
                ("held_until", models.DateField(verbose_name="この日まで")),
                ("next_since", models.DateField(null=True, verbose_name="つぎの人は この日から")),
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="people.student",
                    ),
                ),
            ],
            options={
                "verbose_name": "前に 使って いた 人",
                "verbose_name_plural": "前に 使って いた 人",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["code", "seat"])),
                        name="people_formeridentifier_kind_valid",
                    ),
                    models.UniqueConstraint(
                        fields=("school", "kind", "name", "student"), name="former_holder_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EntrustedAccess",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("purpose", models.CharField(max_length=40, verbose_name="利用目的")),
                (
                    "began_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="はじまり"),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="おわり")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entrusted",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="だれに",
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
                        related_name="entrusted",
                        to="people.student",
                        verbose_name="生徒",
                    ),
                ),
            ],
            options={
                "verbose_name": "託された生徒",
                "verbose_name_plural": "託された生徒",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("student", "user", "purpose"),
                        name="entrusted_current_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="EmergencyAccess",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "why",
                    apps.core.sealed_field.SealedTextField(max_length=200, verbose_name="なぜ"),
                ),
                ("begun_at", models.DateTimeField(verbose_name="はじまり")),
                ("ends_at", models.DateTimeField(verbose_name="おわり")),
                (
                    "reviewed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="確かめた時"),
                ),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("justified", "妥当だった"),
                            ("not_justified", "妥当ではなかった"),
                        ],
                        max_length=14,
                        verbose_name="判断",
                    ),
                ),
                (
                    "note",
                    apps.core.sealed_field.SealedTextField(
                        blank=True, max_length=300, verbose_name="確かめて わかったこと"
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
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="emergencies",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="開いた人",
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
                "verbose_name": "緊急の閲覧",
                "verbose_name_plural": "緊急の閲覧",
                "ordering": ["-begun_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("begun_at"))),
                        name="emergency_ends_after_begin",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reviewed_by", None),
                            models.Q(("reviewed_by", models.F("user")), _negated=True),
                            _connector="OR",
                        ),
                        name="emergency_second_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reviewed_at", None), ("reviewed_by", None), ("verdict", "")),
                            models.Q(
                                ("reviewed_at__isnull", False),
                                ("reviewed_by__isnull", False),
                                ("verdict__in", ["justified", "not_justified"]),
                            ),
                            _connector="OR",
                        ),
                        name="emergency_review_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verdict__in", ["", "justified", "not_justified"])),
                        name="people_emergencyaccess_verdict_valid",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="emergencyaccess",
            trigger=pgtrigger.compiler.Trigger(
                name="stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="0e57ddaaa75e096c069ef20c501933a4b3ccaa40",
                    operation="DELETE",
                    pgid="pgtrigger_stays_3ed7a",
                    table="people_emergencyaccess",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="emergencyaccess",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="01f8e785bcf2677d7924936f5e3e925b82719927",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_11f03",
                    table="people_emergencyaccess",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="emergencyaccess",
            trigger=pgtrigger.compiler.Trigger(
                name="as_it_was",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."municipality_id" IS DISTINCT FROM (NEW."municipality_id") OR OLD."student_id" IS DISTINCT FROM (NEW."student_id") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id") OR OLD."begun_at" IS DISTINCT FROM (NEW."begun_at") OR OLD."ends_at" IS DISTINCT FROM (NEW."ends_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="b1d834162daf308ad8a64e50a1da7667ad106e2f",
                    operation="UPDATE",
                    pgid="pgtrigger_as_it_was_b53a3",
                    table="people_emergencyaccess",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="emergencyaccess",
            trigger=pgtrigger.compiler.Trigger(
                name="why_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.why IS DISTINCT FROM NEW.why AND (OLD.why = '' OR NEW.why NOT LIKE 'sealed:%' OR current_setting('kaga.sealing_anew', true) IS DISTINCT FROM 'on'))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="f9bd7c4850acf6026cff0da5cbf3a4b5d14e2091",
                    operation="UPDATE",
                    pgid="pgtrigger_why_stays_09552",
                    table="people_emergencyaccess",
                    when="BEFORE",
                ),
            ),
        ),
    ]
