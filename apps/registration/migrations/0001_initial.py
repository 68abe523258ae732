"""The tables, constraints and triggers of registration."""

import uuid

import django.contrib.postgres.fields
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
        ("signin", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="InvitationLetter",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("code_digest", models.BinaryField(unique=True)),
                ("sealed_code", models.BinaryField(null=True)),
                (
                    "code_ring_key",
                    models.CharField(blank=True, default="", editable=False, max_length=20),
                ),
                (
                    "slip_number",
                    models.CharField(
                        max_length=12, null=True, unique=True, verbose_name="控えの番号"
                    ),
                ),
                ("works_from", models.DateField(null=True, verbose_name="配る日")),
                (
                    "issued_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="出した時"),
                ),
                ("expires_at", models.DateTimeField(verbose_name="使える期限")),
                ("used_at", models.DateTimeField(blank=True, null=True, verbose_name="使った時")),
                (
                    "revoked_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="使えなくした時"),
                ),
                (
                    "guardian",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="people.guardian",
                        verbose_name="保護者",
                    ),
                ),
                (
                    "issued_by",
                    models.ForeignKey(
                        null=True,
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
                    ),
                ),
                (
                    "school_class",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.schoolclass",
                        verbose_name="学級",
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="people.student",
                        verbose_name="生徒",
                    ),
                ),
            ],
            options={
                "verbose_name": "招待の手紙",
                "verbose_name_plural": "招待の手紙",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at", None), ("used_at", None)),
                        fields=("guardian",),
                        name="one_open_invitation",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at", None), ("used_at", None)),
                        fields=("student",),
                        name="one_open_letter_of_a_child",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("guardian", None), ("student", None), _connector="XOR"),
                        name="letter_of_a_guardian_or_a_child",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("student", None), ("used_at", None), _connector="OR"),
                        name="letter_of_a_child_is_not_used_up",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GuardianRegistration",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("registered_at", models.DateTimeField(verbose_name="登録した時")),
                (
                    "tells_others",
                    models.BooleanField(default=False, verbose_name="ほかの保護者に知らせてよい"),
                ),
                (
                    "has_secret",
                    models.BooleanField(
                        db_default=False, default=False, verbose_name="知られては困る人がいる"
                    ),
                ),
                (
                    "safe_contact",
                    apps.core.sealed_field.SealedTextField(
                        blank=True,
                        default="",
                        max_length=200,
                        verbose_name="安全に連絡できる電話番号や時間",
                    ),
                ),
                (
                    "said_names",
                    apps.core.sealed_field.SealedTextField(
                        blank=True, default="", max_length=300, verbose_name="本人が書いた名前"
                    ),
                ),
                (
                    "on_students_device",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        verbose_name="生徒がサインインした端末で開いた",
                    ),
                ),
                (
                    "staff_on_device",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(),
                        blank=True,
                        db_default=[],
                        default=list,
                        editable=False,
                        size=None,
                    ),
                ),
                (
                    "reminded_at",
                    models.DateTimeField(
                        editable=False, null=True, verbose_name="学校に知らせた時"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "確認を待っています"),
                            ("confirmed", "確かめました"),
                            ("refused", "保護者ではないとしました"),
                            ("lapsed", "確かめられないまま、40日がすぎました"),
                            ("taken_back", "本人が取り消しました"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="状態",
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True, verbose_name="決まった時")),
                (
                    "guardian",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="registrations",
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
                    "refused_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="保護者ではないとした人",
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.school",
                        verbose_name="学校",
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.student",
                        verbose_name="生徒",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="registrations",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="アカウント",
                    ),
                ),
                (
                    "invitation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="registrations",
                        to="registration.invitationletter",
                    ),
                ),
            ],
            options={
                "verbose_name": "保護者の登録の確認",
                "verbose_name_plural": "保護者の登録の確認",
                "ordering": ["-registered_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["waiting", "confirmed", "refused", "lapsed", "taken_back"],
                            )
                        ),
                        name="registration_guardianregistration_state_valid",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")),
                        fields=("guardian", "student"),
                        name="registration_one_at_a_time",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("has_secret", False), ("tells_others", False), _connector="OR"
                        ),
                        name="registration_secret_is_not_told",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("has_secret", True), ("safe_contact", ""), _connector="OR"
                        ),
                        name="registration_safe_contact_of_a_secret",
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
                        name="registration_ended_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("refused_by__isnull", False), ("state", "refused")),
                            models.Q(
                                models.Q(("state", "refused"), _negated=True), ("refused_by", None)
                            ),
                            _connector="OR",
                        ),
                        name="registration_refused_by_whom",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PrintedSheet",
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
                        choices=[("cards", "ログインカード"), ("letters", "招待の手紙")],
                        max_length=10,
                        verbose_name="種類",
                    ),
                ),
                ("hand_out_on", models.DateField(null=True, verbose_name="配る日")),
                ("revoked_at", models.DateTimeField(null=True, verbose_name="使えなくした時")),
                (
                    "printed_role",
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
                (
                    "printed_at",
                    models.DateTimeField(
                        db_index=True, default=apps.core.clock.now, verbose_name="印刷した時"
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
                    "printed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="だれが",
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="使えなくした人",
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.school",
                        verbose_name="学校",
                    ),
                ),
                (
                    "school_class",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.schoolclass",
                        verbose_name="学級",
                    ),
                ),
            ],
            options={
                "verbose_name": "カードと手紙の印刷",
                "verbose_name_plural": "カードと手紙の印刷",
                "ordering": ["-printed_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["cards", "letters"])),
                        name="registration_printedsheet_kind_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "printed_role__in",
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
                        name="registration_printedsheet_printed_role_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GuardianList",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("file_name", models.CharField(max_length=150, verbose_name="ファイル")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("checked", "確認まち"),
                            ("taken", "取り込みました"),
                            ("dropped", "取り込みませんでした"),
                        ],
                        default="checked",
                        max_length=8,
                        verbose_name="ようす",
                    ),
                ),
                (
                    "uploaded_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="いつ"),
                ),
                ("n_new", models.PositiveIntegerField(default=0, verbose_name="新しい名前")),
                ("n_changed", models.PositiveIntegerField(default=0, verbose_name="変わった名前")),
                ("sealed", models.BinaryField(null=True)),
                (
                    "ring_key",
                    models.CharField(blank=True, default="", editable=False, max_length=20),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.school",
                        verbose_name="学校",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="だれが",
                    ),
                ),
            ],
            options={
                "verbose_name": "保護者の一覧",
                "verbose_name_plural": "保護者の一覧",
                "ordering": ["-uploaded_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["checked", "taken", "dropped"])),
                        name="registration_guardianlist_state_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state", "checked"), ("sealed", None), _connector="OR"),
                        name="guardian_list_kept_while_checked",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GuardianObjection",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("objected_at", models.DateTimeField(verbose_name="いつ")),
                (
                    "looked_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="学校が見た時"),
                ),
                (
                    "looked_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="見た人",
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
                    "objected_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="だれが",
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
                    "registration",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objections",
                        to="registration.guardianregistration",
                        verbose_name="登録",
                    ),
                ),
            ],
            options={
                "verbose_name": "心当たりがないという知らせ",
                "verbose_name_plural": "心当たりがないという知らせ",
                "ordering": ["objected_at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("registration", "student", "objected_by"),
                        name="objection_once_a_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("looked_at", None), ("looked_by", None)),
                            models.Q(("looked_at__isnull", False), ("looked_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="objection_looked_at_by_whom",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ListedGuardian",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="名前")),
                ("name_key", models.CharField(max_length=240)),
                ("reading", models.CharField(blank=True, max_length=120, verbose_name="読み")),
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
                        default="",
                        max_length=13,
                        verbose_name="続柄",
                    ),
                ),
                ("listed_at", models.DateTimeField(verbose_name="いつ")),
                (
                    "listed_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
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
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="listed_guardians",
                        to="people.student",
                        verbose_name="生徒",
                    ),
                ),
            ],
            options={
                "verbose_name": "一覧にある保護者",
                "verbose_name_plural": "一覧にある保護者",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("student", "name_key"), name="listed_guardian_once_a_student"
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
                        name="registration_listedguardian_relation_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PrintedCode",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "card",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="printings",
                        to="signin.logincard",
                    ),
                ),
                (
                    "invitation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="printings",
                        to="registration.invitationletter",
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
                    "sheet",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="codes",
                        to="registration.printedsheet",
                    ),
                ),
            ],
            options={
                "verbose_name": "印刷したカードか手紙",
                "verbose_name_plural": "印刷したカードか手紙",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("card", None), ("invitation", None), _connector="XOR"),
                        name="printed_code_is_one_thing",
                    ),
                    models.UniqueConstraint(fields=("sheet", "card"), name="card_once_a_sheet"),
                    models.UniqueConstraint(
                        fields=("sheet", "invitation"), name="letter_once_a_sheet"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LetterFile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="頼んだ時")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "順番を待っています"),
                            ("running", "作っています"),
                            ("done", "できました"),
                            ("gone", "消しました(30分がすぎました)"),
                            ("failed", "作れませんでした"),
                        ],
                        default="waiting",
                        max_length=8,
                        verbose_name="ようす",
                    ),
                ),
                ("n_pages", models.PositiveIntegerField(verbose_name="通")),
                ("n_done", models.PositiveIntegerField(default=0, verbose_name="できた通")),
                ("n_attempts", models.PositiveSmallIntegerField(default=0)),
                ("leased_until", models.DateTimeField(null=True)),
                ("made_at", models.DateTimeField(null=True, verbose_name="できた時")),
                ("expires_at", models.DateTimeField(null=True, verbose_name="消す時")),
                ("sealed", models.BinaryField(null=True)),
                (
                    "ring_key",
                    models.CharField(blank=True, default="", editable=False, max_length=20),
                ),
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
                        to="people.municipality",
                    ),
                ),
                (
                    "sheet",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="file",
                        to="registration.printedsheet",
                        verbose_name="印刷",
                    ),
                ),
            ],
            options={
                "verbose_name": "手紙のPDF",
                "verbose_name_plural": "手紙のPDF",
                "ordering": ["-asked_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["waiting", "running", "done", "gone", "failed"])
                        ),
                        name="registration_letterfile_state_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sealed__isnull", False), ("state", "done")),
                            models.Q(models.Q(("state", "done"), _negated=True), ("sealed", None)),
                            _connector="OR",
                        ),
                        name="letter_file_kept_while_done",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("n_done__lte", models.F("n_pages"))),
                        name="letter_file_done_of_pages",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RegistrationConfirmation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "confirmed_role",
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
                ("confirmed_at", models.DateTimeField(verbose_name="いつ")),
                (
                    "confirmed_by",
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
                    ),
                ),
                (
                    "registration",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="confirmations",
                        to="registration.guardianregistration",
                    ),
                ),
            ],
            options={
                "verbose_name": "保護者が来たことの確認",
                "verbose_name_plural": "保護者が来たことの確認",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("registration", "confirmed_by"),
                        name="registration_confirmed_once_a_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "confirmed_role__in",
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
                        name="registration_registrationconfirmation_confirmed_role_valid",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="registrationconfirmation",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="c73f096dd81b9a664d612c36a9561a5f190c819e",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_bd28f",
                    table="registration_registrationconfirmation",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="registrationconfirmation",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="5faaee2db0a0ea9aa360956c896eb7b4c3d97de5",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_4eea0",
                    table="registration_registrationconfirmation",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="RegistrationEvidence",
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
                            ("slip", "署名した控えがもどった"),
                            ("call_back", "学校が前から持つ番号に電話した"),
                            ("meeting", "会って確かめた"),
                            ("vouch", "担任が知っている(これだけでは足りない)"),
                            ("document", "立場の書類を見た(これだけでは足りない)"),
                        ],
                        max_length=10,
                        verbose_name="何で",
                    ),
                ),
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
                    "document_number",
                    apps.core.sealed_field.SealedTextField(
                        blank=True, max_length=60, verbose_name="書類の番号"
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
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "registration",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence",
                        to="registration.guardianregistration",
                    ),
                ),
            ],
            options={
                "verbose_name": "保護者と確かめたこと",
                "verbose_name_plural": "保護者と確かめたこと",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("registration", "kind", "recorded_by"),
                        name="evidence_once_a_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["slip", "call_back", "meeting", "vouch", "document"])
                        ),
                        name="registration_registrationevidence_kind_valid",
                    ),
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
                        name="registration_registrationevidence_recorded_role_valid",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="registrationevidence",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="0648b19c57748060c47903b5959caf3ac89e84c4",
                    operation="DELETE",
                    pgid="pgtrigger_append_only_73eda",
                    table="registration_registrationevidence",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="registrationevidence",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="e0448b291abd346e96ec9df0c10858160e2ea0e7",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_d7e98",
                    table="registration_registrationevidence",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="registrationevidence",
            trigger=pgtrigger.compiler.Trigger(
                name="record_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."municipality_id" IS DISTINCT FROM (NEW."municipality_id") OR OLD."registration_id" IS DISTINCT FROM (NEW."registration_id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."recorded_by_id" IS DISTINCT FROM (NEW."recorded_by_id") OR OLD."recorded_role" IS DISTINCT FROM (NEW."recorded_role") OR OLD."recorded_at" IS DISTINCT FROM (NEW."recorded_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="f2a92cac13e8201fb25ba9048ad697238ee76c04",
                    operation="UPDATE",
                    pgid="pgtrigger_record_stays_03138",
                    table="registration_registrationevidence",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="registrationevidence",
            trigger=pgtrigger.compiler.Trigger(
                name="document_number_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.document_number IS DISTINCT FROM NEW.document_number AND (OLD.document_number = '' OR NEW.document_number NOT LIKE 'sealed:%' OR current_setting('kaga.sealing_anew', true) IS DISTINCT FROM 'on'))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="794902988bb47ef605dcabe5c3b63d5756a4e726",
                    operation="UPDATE",
                    pgid="pgtrigger_document_number_stays_3a3fa",
                    table="registration_registrationevidence",
                    when="BEFORE",
                ),
            ),
        ),
    ]
