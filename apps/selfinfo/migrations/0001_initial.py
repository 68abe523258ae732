"""The tables, constraints and triggers of selfinfo."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import apps.core.clock


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("people", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="SelfInfoCode",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "meaning",
                    models.CharField(
                        choices=[
                            ("member_birth", "世帯の人の生年月日(人数にします)"),
                            ("tax_year", "課税の年度"),
                            ("levy_on_income", "住民税の所得割(有無だけ)"),
                            ("levy_flat", "住民税の均等割(有無だけ)"),
                            ("child_allowance_receiving", "児童手当: 受けているか"),
                            ("child_allowance_from", "児童手当: はじまりの月"),
                            ("child_allowance_until", "児童手当: おわりの月"),
                            ("child_rearing_allowance_receiving", "児童扶養手当: 受けているか"),
                            ("child_rearing_allowance_from", "児童扶養手当: はじまりの月"),
                            ("child_rearing_allowance_until", "児童扶養手当: おわりの月"),
                            ("school_aid_receiving", "就学援助: 受けているか"),
                            ("school_aid_from", "就学援助: はじまりの月"),
                            ("school_aid_until", "就学援助: おわりの月"),
                            ("public_assistance_receiving", "生活保護: 受けているか"),
                            ("public_assistance_from", "生活保護: はじまりの月"),
                            ("public_assistance_until", "生活保護: おわりの月"),
                            ("disabled_child_receiving", "障害児への支援: 受けているか"),
                            ("disabled_child_from", "障害児への支援: はじまりの月"),
                            ("disabled_child_until", "障害児への支援: おわりの月"),
                        ],
                        max_length=40,
                        verbose_name="何として読むか",
                    ),
                ),
                ("name_code", models.CharField(max_length=16, verbose_name="特定個人情報名コード")),
                ("item_code", models.CharField(max_length=10, verbose_name="項目コード")),
                (
                    "is_trial",
                    models.BooleanField(default=False, verbose_name="体験用(架空のコード)"),
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
                "verbose_name": "わたしの情報のコード",
                "verbose_name_plural": "わたしの情報のコード",
                "ordering": ["meaning"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "meaning__in",
                                [
                                    "member_birth",
                                    "tax_year",
                                    "levy_on_income",
                                    "levy_flat",
                                    "child_allowance_receiving",
                                    "child_allowance_from",
                                    "child_allowance_until",
                                    "child_rearing_allowance_receiving",
                                    "child_rearing_allowance_from",
                                    "child_rearing_allowance_until",
                                    "school_aid_receiving",
                                    "school_aid_from",
                                    "school_aid_until",
                                    "public_assistance_receiving",
                                    "public_assistance_from",
                                    "public_assistance_until",
                                    "disabled_child_receiving",
                                    "disabled_child_from",
                                    "disabled_child_until",
                                ],
                            )
                        ),
                        name="selfinfo_selfinfocode_meaning_valid",
                    ),
                    models.UniqueConstraint(
                        fields=("municipality", "meaning", "is_trial"),
                        name="self_info_code_once",
                        violation_error_message="この意味のコードは、もうあります。",
                    ),
                    models.UniqueConstraint(
                        fields=("municipality", "name_code", "item_code", "is_trial"),
                        name="self_info_item_once",
                        violation_error_message="このコードの項目は、もうあります。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("item_code__regex", "^[0-9]{10}$"),
                            ("name_code__regex", "^TM[0-9]{14}$"),
                        ),
                        name="self_info_code_form",
                        violation_error_message="コードの形が ちがいます(TM と 14けた、項目は 10けた)。",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SelfInfoSession",
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
                        base_field=models.CharField(max_length=20),
                        size=None,
                        verbose_name="たのんだ項目",
                    ),
                ),
                ("is_trial", models.BooleanField(verbose_name="体験用の代役")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("created", "はじめました"),
                            ("authorising", "カードの読み取りまち"),
                            ("requested", "たのみました"),
                            ("notified", "用意の知らせが来ました"),
                            ("polling", "用意をまっています"),
                            ("fetched", "受け取りました"),
                            ("reduced", "区分にまとめました"),
                            ("discarded", "おわりました(もとの答えは捨てました)"),
                            ("no_data", "記録がありませんでした"),
                            ("unsupported", "自治体が答えませんでした"),
                            ("denied", "わたさない・同意なし"),
                            ("expired", "時間がすぎました"),
                            ("error", "うまくいきませんでした"),
                        ],
                        default="created",
                        max_length=12,
                        verbose_name="状態",
                    ),
                ),
                ("why", models.CharField(blank=True, max_length=20, verbose_name="わけ")),
                ("outcomes", models.JSONField(default=dict, verbose_name="項目ごとの結果")),
                ("steps", models.JSONField(default=list, verbose_name="どこまで")),
                (
                    "started_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="はじめた時"),
                ),
                (
                    "state_changed_at",
                    models.DateTimeField(
                        default=apps.core.clock.now, verbose_name="状態が変わった時"
                    ),
                ),
                ("ends_at", models.DateTimeField(verbose_name="この時までに おわる")),
                ("next_at", models.DateTimeField(null=True, verbose_name="つぎに見る時")),
                ("is_busy", models.BooleanField(default=False, verbose_name="こみあっている")),
                (
                    "n_polls",
                    models.PositiveSmallIntegerField(default=0, verbose_name="たずねた回数"),
                ),
                ("turn", models.PositiveIntegerField(default=0, verbose_name="手をつけた回数")),
                (
                    "claimed_until",
                    models.DateTimeField(null=True, verbose_name="この時まで ほかは手をつけない"),
                ),
                (
                    "process_id",
                    models.CharField(blank=True, max_length=100, verbose_name="処理の番号"),
                ),
                ("papers", models.BinaryField(null=True)),
                ("papers_ring_key", models.CharField(blank=True, editable=False, max_length=20)),
                ("state_digest", models.BinaryField(unique=True)),
                ("browser_digest", models.BinaryField()),
                ("notify_digest", models.BinaryField(unique=True)),
                ("returned_at", models.DateTimeField(null=True, verbose_name="もどった時")),
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
                        verbose_name="自治体",
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
                "verbose_name": "わたしの情報の受け取り",
                "verbose_name_plural": "わたしの情報の受け取り",
                "ordering": ["-started_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at__isnull", False)),
                        fields=["next_at"],
                        name="self_info_due",
                    ),
                    models.Index(fields=["student", "-started_at"], name="self_info_by_student"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "created",
                                    "authorising",
                                    "requested",
                                    "notified",
                                    "polling",
                                    "fetched",
                                    "reduced",
                                    "discarded",
                                    "no_data",
                                    "unsupported",
                                    "denied",
                                    "expired",
                                    "error",
                                ],
                            )
                        ),
                        name="selfinfo_selfinfosession_state_valid",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "authorising",
                                    "created",
                                    "fetched",
                                    "notified",
                                    "polling",
                                    "reduced",
                                    "requested",
                                ],
                            )
                        ),
                        fields=("student", "guardian"),
                        name="self_info_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("next_at__isnull", False),
                                (
                                    "state__in",
                                    [
                                        "authorising",
                                        "created",
                                        "fetched",
                                        "notified",
                                        "polling",
                                        "reduced",
                                        "requested",
                                    ],
                                ),
                            ),
                            models.Q(
                                ("next_at", None),
                                ("papers", None),
                                ("process_id", ""),
                                (
                                    "state__in",
                                    [
                                        "denied",
                                        "discarded",
                                        "error",
                                        "expired",
                                        "no_data",
                                        "unsupported",
                                    ],
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="self_info_ends_empty",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="selfinfosession",
            trigger=pgtrigger.compiler.Trigger(
                name="moves",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{authorising:denied,authorising:error,authorising:expired,authorising:requested,created:authorising,created:denied,created:error,created:expired,fetched:denied,fetched:error,fetched:expired,fetched:no_data,fetched:reduced,fetched:unsupported,notified:denied,notified:error,notified:expired,notified:fetched,notified:polling,polling:denied,polling:error,polling:expired,polling:fetched,polling:notified,reduced:discarded,requested:denied,requested:error,requested:expired,requested:fetched,requested:notified,requested:polling}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="d165ca84b4642270915fe4c92448c44e02d9ca9a",
                    operation="UPDATE",
                    pgid="pgtrigger_moves_82791",
                    table="selfinfo_selfinfosession",
                    when="BEFORE",
                ),
            ),
        ),
    ]
