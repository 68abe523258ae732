"""The tables, constraints and triggers of signin."""

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
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Invitation",
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
                        on_delete=django.db.models.deletion.PROTECT, to="people.municipality"
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
            name="GuardianArrival",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("arrived_at", models.DateTimeField(verbose_name="登録した時")),
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
                    "on_students_device",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        verbose_name="生徒がサインインした端末で開いた",
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
                        related_name="arrivals",
                        to="people.guardian",
                        verbose_name="保護者",
                    ),
                ),
                (
                    "municipality",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="people.municipality"
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
                        related_name="arrivals",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="アカウント",
                    ),
                ),
                (
                    "invitation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="arrivals",
                        to="signin.invitation",
                    ),
                ),
            ],
            options={
                "verbose_name": "保護者の登録の確認",
                "verbose_name_plural": "保護者の登録の確認",
                "ordering": ["-arrived_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["waiting", "confirmed", "refused", "lapsed", "taken_back"],
                            )
                        ),
                        name="signin_guardianarrival_state_valid",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")),
                        fields=("guardian", "student"),
                        name="arrival_one_at_a_time",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("has_secret", False), ("tells_others", False), _connector="OR"
                        ),
                        name="arrival_secret_is_not_told",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("has_secret", True), ("safe_contact", ""), _connector="OR"
                        ),
                        name="arrival_safe_contact_of_a_secret",
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
                        name="arrival_ended_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("refused_by__isnull", False), ("state", "refused")),
                            models.Q(
                                models.Q(("state", "refused"), _negated=True), ("refused_by", None)
                            ),
                            _connector="OR",
                        ),
                        name="arrival_refused_by_whom",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LoginCard",
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
                ("pin_digest", models.BinaryField(null=True)),
                (
                    "pin_ring_key",
                    models.CharField(
                        blank=True, db_default="", default="", editable=False, max_length=20
                    ),
                ),
                ("pin_bound_to", models.UUIDField(editable=False, null=True)),
                (
                    "pin_set_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="暗証番号を決めた時"),
                ),
                (
                    "failures",
                    models.PositiveSmallIntegerField(
                        default=0, verbose_name="つづけて まちがえた回数"
                    ),
                ),
                (
                    "locked_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="止まっている間"),
                ),
                (
                    "wrong_at",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DateTimeField(),
                        blank=True,
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="まちがえた時",
                    ),
                ),
                (
                    "stopped_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="止めた時"),
                ),
                (
                    "entered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="さいごに入った時"),
                ),
                (
                    "issued_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="出した時"),
                ),
                (
                    "revoked_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="使えなくした時"),
                ),
                (
                    "unused_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="はじめて使う期限"),
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
                        on_delete=django.db.models.deletion.PROTECT, to="people.municipality"
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="login_cards",
                        to="people.student",
                        verbose_name="生徒",
                    ),
                ),
            ],
            options={
                "verbose_name": "ログインカード",
                "verbose_name_plural": "ログインカード",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at", None)),
                        fields=("student",),
                        name="one_valid_card",
                    )
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
                        on_delete=django.db.models.deletion.PROTECT, to="people.municipality"
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
                        name="signin_printedsheet_kind_valid",
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
                        name="signin_printedsheet_printed_role_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RosterImport",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("file_name", models.CharField(max_length=200, verbose_name="ファイル")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("checked", "確認まち"),
                            ("imported", "取り込みました"),
                            ("refused", "取り込めません"),
                            ("forgotten", "取り込みませんでした"),
                        ],
                        max_length=10,
                        verbose_name="状態",
                    ),
                ),
                ("report", models.JSONField(default=dict, verbose_name="結果")),
                (
                    "created_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, editable=False, verbose_name="確かめた時"
                    ),
                ),
                (
                    "imported_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="取り込んだ時"),
                ),
                (
                    "municipality",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.municipality",
                        verbose_name="自治体",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="だれが",
                    ),
                ),
            ],
            options={
                "verbose_name": "名簿の取り込み",
                "verbose_name_plural": "名簿の取り込み",
                "ordering": ["-created_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["checked", "imported", "refused", "forgotten"])
                        ),
                        name="signin_rosterimport_state_valid",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ArrivalEvidence",
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
                        on_delete=django.db.models.deletion.PROTECT, to="people.municipality"
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
                    "arrival",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence",
                        to="signin.guardianarrival",
                    ),
                ),
            ],
            options={
                "verbose_name": "保護者と確かめたこと",
                "verbose_name_plural": "保護者と確かめたこと",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("arrival", "kind", "recorded_by"), name="evidence_once_a_person"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["slip", "call_back", "meeting", "vouch", "document"])
                        ),
                        name="signin_arrivalevidence_kind_valid",
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
                        name="signin_arrivalevidence_recorded_role_valid",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="arrivalevidence",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="8a8b2f3329a17613f14b3045ea3e5ad9b498399f",
                    operation="DELETE",
                    pgid="pgtrigger_append_only_182f6",
                    table="signin_arrivalevidence",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="arrivalevidence",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="599c8541d338acabac0a510e40ca37081d0020d7",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_1c2f0",
                    table="signin_arrivalevidence",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="arrivalevidence",
            trigger=pgtrigger.compiler.Trigger(
                name="record_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."municipality_id" IS DISTINCT FROM (NEW."municipality_id") OR OLD."arrival_id" IS DISTINCT FROM (NEW."arrival_id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."recorded_by_id" IS DISTINCT FROM (NEW."recorded_by_id") OR OLD."recorded_role" IS DISTINCT FROM (NEW."recorded_role") OR OLD."recorded_at" IS DISTINCT FROM (NEW."recorded_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="a9a450248a6496e9cbb6008d7e540818f2738c38",
                    operation="UPDATE",
                    pgid="pgtrigger_record_stays_04366",
                    table="signin_arrivalevidence",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="arrivalevidence",
            trigger=pgtrigger.compiler.Trigger(
                name="document_number_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.document_number IS DISTINCT FROM NEW.document_number AND (OLD.document_number = '' OR NEW.document_number NOT LIKE 'sealed:%' OR current_setting('kaga.sealing_anew', true) IS DISTINCT FROM 'on'))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="d26a763cd83b5d453ce57c2473a48407ad5250f6",
                    operation="UPDATE",
                    pgid="pgtrigger_document_number_stays_15acc",
                    table="signin_arrivalevidence",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="ArrivalConfirmation",
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
                        on_delete=django.db.models.deletion.PROTECT, to="people.municipality"
                    ),
                ),
                (
                    "arrival",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="confirmations",
                        to="signin.guardianarrival",
                    ),
                ),
            ],
            options={
                "verbose_name": "保護者が来たことの確認",
                "verbose_name_plural": "保護者が来たことの確認",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("arrival", "confirmed_by"), name="arrival_confirmed_once_a_person"
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
                        name="signin_arrivalconfirmation_confirmed_role_valid",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="arrivalconfirmation",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="8638a3301f842bc9d3935620be5a3ca2a0384bab",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_8bd88",
                    table="signin_arrivalconfirmation",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="arrivalconfirmation",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="e27223f241aab617467ac5fc03f1c04ec464b228",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_ae554",
                    table="signin_arrivalconfirmation",
                    when="BEFORE",
                ),
            ),
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
                    "brought_at",
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
                    "brought_by",
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
                        on_delete=django.db.models.deletion.PROTECT, to="people.municipality"
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
            ],
            options={
                "verbose_name": "保護者の一覧",
                "verbose_name_plural": "保護者の一覧",
                "ordering": ["-brought_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["checked", "taken", "dropped"])),
                        name="signin_guardianlist_state_valid",
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
                    "arrival",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objections",
                        to="signin.guardianarrival",
                        verbose_name="登録",
                    ),
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
                        on_delete=django.db.models.deletion.PROTECT, to="people.municipality"
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
            ],
            options={
                "verbose_name": "心当たりがないという知らせ",
                "verbose_name_plural": "心当たりがないという知らせ",
                "ordering": ["objected_at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("arrival", "student", "objected_by"), name="objection_once_a_person"
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
                    "municipality",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="people.municipality"
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
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
                        name="signin_listedguardian_relation_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PinEvent",
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
                            ("first", "はじめて決めました"),
                            ("confirmed", "本人が決めたと確かめました"),
                            ("changed", "本人が変えました"),
                        ],
                        max_length=10,
                        verbose_name="何",
                    ),
                ),
                ("at", models.DateTimeField(db_index=True, verbose_name="いつ")),
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
                        verbose_name="立場",
                    ),
                ),
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
                        on_delete=django.db.models.deletion.PROTECT, to="people.municipality"
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
                "verbose_name": "暗証番号の確認",
                "verbose_name_plural": "暗証番号の確認",
                "ordering": ["-at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["first", "confirmed", "changed"])),
                        name="signin_pinevent_kind_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("confirmed_by__isnull", False),
                                ("kind", "confirmed"),
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
                                ),
                            ),
                            models.Q(
                                models.Q(("kind", "confirmed"), _negated=True),
                                ("confirmed_by", None),
                                ("confirmed_role", ""),
                            ),
                            _connector="OR",
                        ),
                        name="pin_event_confirmed_by_somebody",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pinevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="d8cbbf59be3ea5538f3d414e9a35ba0a45cfb236",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_414f4",
                    table="signin_pinevent",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pinevent",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="4e9231898151af76182987f19f05b8dc86c170c2",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_5fc30",
                    table="signin_pinevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="PinReset",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("reset_at", models.DateTimeField(verbose_name="いつ")),
                (
                    "reset_role",
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
                    "municipality",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="people.municipality"
                    ),
                ),
                (
                    "reset_by",
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
            ],
            options={
                "verbose_name": "暗証番号の決めなおし",
                "verbose_name_plural": "暗証番号の決めなおし",
                "ordering": ["-reset_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "reset_role__in",
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
                        name="signin_pinreset_reset_role_valid",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pinreset",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="2f59bd401bcaa8ca685fa26de568d0861330adfb",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_f5806",
                    table="signin_pinreset",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pinreset",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="fa579dc37d7dced4f2de832ab9cc5c8e5f780b57",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_38779",
                    table="signin_pinreset",
                    when="BEFORE",
                ),
            ),
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
                        to="signin.invitation",
                    ),
                ),
                (
                    "municipality",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="people.municipality"
                    ),
                ),
                (
                    "sheet",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="codes",
                        to="signin.printedsheet",
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
                ("n_tries", models.PositiveSmallIntegerField(default=0)),
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
                        on_delete=django.db.models.deletion.PROTECT, to="people.municipality"
                    ),
                ),
                (
                    "sheet",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="file",
                        to="signin.printedsheet",
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
                        name="signin_letterfile_state_valid",
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
            name="RosterPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("body", models.BinaryField()),
                (
                    "roster_import",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="signin.rosterimport",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("roster_import", "number"), name="roster_part_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SessionEnding",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("ended_at", models.DateTimeField()),
                (
                    "by_role",
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
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("device_lost", "端末をなくした"),
                            ("somebody_else", "ほかの人が使っているおそれがある"),
                            ("asked", "本人(または保護者)に頼まれた"),
                            ("for_many", "学校や自治体の全員について、二人で決めた"),
                        ],
                        max_length=20,
                    ),
                ),
                ("told_at", models.DateTimeField(null=True)),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("told_at", None)),
                        fields=["user"],
                        name="signin_ending_untold",
                    ),
                    models.Index(fields=["ended_by", "ended_at"], name="signin_ending_by"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "by_role__in",
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
                        name="signin_sessionending_by_role_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reason__in", ["device_lost", "somebody_else", "asked", "for_many"])
                        ),
                        name="signin_sessionending_reason_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StaffInvitation",
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
                ("grade", models.CharField(blank=True, max_length=3, verbose_name="学年")),
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
                ("name", models.CharField(blank=True, max_length=120, verbose_name="名前")),
                (
                    "mail",
                    models.EmailField(blank=True, max_length=254, verbose_name="メールアドレス"),
                ),
                ("begins_on", models.DateField(blank=True, null=True, verbose_name="はじまり")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="おわり")),
                (
                    "voice_code",
                    apps.core.sealed_field.SealedTextField(
                        blank=True, max_length=20, verbose_name="声で伝える番号"
                    ),
                ),
                (
                    "wrong_codes",
                    models.PositiveSmallIntegerField(default=0, verbose_name="まちがえた回数"),
                ),
                ("is_first", models.BooleanField(default=False, verbose_name="はじめの二人")),
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
                    "act",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.pendingact",
                    ),
                ),
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
                    "invited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="招待した人",
                    ),
                ),
                (
                    "municipality",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.municipality",
                        verbose_name="自治体",
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.staffpost",
                        verbose_name="担当",
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
            ],
            options={
                "verbose_name": "職員の招待",
                "verbose_name_plural": "職員の招待",
                "ordering": ["-issued_at"],
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
                        name="signin_staffinvitation_role_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_first", True),
                            models.Q(
                                models.Q(("mail", ""), _negated=True),
                                models.Q(("name", ""), _negated=True),
                                ("act__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="staff_invitation_names_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("post", None), ("used_at", None)),
                            models.Q(("post__isnull", False), ("used_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="staff_invitation_used_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UserSession",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("session_key", models.CharField(max_length=40, unique=True)),
                ("epoch", models.PositiveIntegerField()),
                ("way", models.CharField(blank=True, max_length=40, verbose_name="入りかた")),
                ("device", models.CharField(max_length=40, verbose_name="端末")),
                ("began_at", models.DateTimeField(verbose_name="始まり")),
                ("ends_at", models.DateTimeField(verbose_name="遅くとも終わる時")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="signed_in_sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "サインイン",
                "verbose_name_plural": "サインイン",
                "indexes": [models.Index(fields=["user", "-began_at"], name="signin_session_user")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "device__in",
                                [
                                    "ipad.edge",
                                    "ipad.firefox",
                                    "ipad.chrome",
                                    "ipad.safari",
                                    "ipad.other",
                                    "iphone.edge",
                                    "iphone.firefox",
                                    "iphone.chrome",
                                    "iphone.safari",
                                    "iphone.other",
                                    "chromebook.edge",
                                    "chromebook.firefox",
                                    "chromebook.chrome",
                                    "chromebook.safari",
                                    "chromebook.other",
                                    "android.edge",
                                    "android.firefox",
                                    "android.chrome",
                                    "android.safari",
                                    "android.other",
                                    "windows.edge",
                                    "windows.firefox",
                                    "windows.chrome",
                                    "windows.safari",
                                    "windows.other",
                                    "mac.edge",
                                    "mac.firefox",
                                    "mac.chrome",
                                    "mac.safari",
                                    "mac.other",
                                    "linux.edge",
                                    "linux.firefox",
                                    "linux.chrome",
                                    "linux.safari",
                                    "linux.other",
                                    "other.edge",
                                    "other.firefox",
                                    "other.chrome",
                                    "other.safari",
                                    "other.other",
                                ],
                            )
                        ),
                        name="signin_usersession_device_valid",
                    )
                ],
            },
        ),
    ]
