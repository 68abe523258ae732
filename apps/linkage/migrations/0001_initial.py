"""The tables, constraints and triggers of linkage."""

import uuid

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import uuid_utils.compat
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
            name="DataSource",
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
                            ("school_files", "学校のファイル(C4th 取込形式)"),
                            ("xapi_lrs", "学習記録(xAPI LRS)"),
                            ("oneroster", "名簿(OneRoster)"),
                            ("self_info", "マイナポータル わたしの情報"),
                        ],
                        max_length=20,
                        verbose_name="種類",
                    ),
                ),
                ("title", models.CharField(max_length=80, verbose_name="名前")),
                ("place", models.CharField(max_length=300, verbose_name="場所(フォルダ・URL)")),
                (
                    "user_name",
                    models.CharField(blank=True, max_length=120, verbose_name="接続の名前"),
                ),
                (
                    "secret_name",
                    models.CharField(
                        blank=True, max_length=60, verbose_name="接続の秘密が入った環境変数の名前"
                    ),
                ),
                ("sealed_secret", models.BinaryField(null=True)),
                ("secret_ring_key", models.CharField(blank=True, editable=False, max_length=20)),
                (
                    "token_url",
                    models.CharField(blank=True, max_length=300, verbose_name="トークンの番地"),
                ),
                (
                    "secret_in_form",
                    models.BooleanField(
                        default=False, verbose_name="秘密を フォームで送る(空なら Basic)"
                    ),
                ),
                ("is_on", models.BooleanField(default=True, verbose_name="連携する")),
                (
                    "every_minutes",
                    models.PositiveIntegerField(
                        choices=[
                            (5, "5分"),
                            (15, "15分"),
                            (60, "1時間"),
                            (360, "6時間"),
                            (1440, "1日"),
                        ],
                        default=15,
                        verbose_name="どのくらいごとに読むか",
                    ),
                ),
                (
                    "late_after_hours",
                    models.PositiveSmallIntegerField(
                        default=72, verbose_name="新しいものが この時間 来ないと 知らせる"
                    ),
                ),
                (
                    "keeps_others",
                    models.BooleanField(
                        default=False,
                        verbose_name="ファイルに名前のない生徒の記録は残す(学級ごとのファイルのとき)",
                    ),
                ),
                (
                    "next_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="つぎに読む時"),
                ),
                (
                    "stopped_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="止めた時"),
                ),
                ("cursor", models.JSONField(default=dict, editable=False, verbose_name="どこまで")),
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
                        verbose_name="学校(空なら自治体全体)",
                    ),
                ),
            ],
            options={
                "verbose_name": "連携元",
                "verbose_name_plural": "連携元",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["school_files", "xapi_lrs", "oneroster", "self_info"])
                        ),
                        name="linkage_datasource_kind_valid",
                    ),
                    models.UniqueConstraint(
                        fields=("municipality", "school", "kind", "place"),
                        name="source_once",
                        nulls_distinct=False,
                        violation_error_message="同じ学校・種類・場所の連携元が、もうあります。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("every_minutes__in", [5, 15, 60, 360, 1440])),
                        name="linkage_datasource_every_minutes_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_on", True), ("kind", "self_info"), _negated=True),
                        name="source_self_info_is_no_feed",
                        violation_error_message="わたしの情報は、時計では 読めません。保護者が はじめます。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("secret_name", ""),
                            ("secret_name__startswith", "SOURCE_SECRET_"),
                            _connector="OR",
                        ),
                        name="source_secret_is_its_own",
                        violation_error_message="秘密の名前は、連携元のための名前だけが使えます。",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SyncRun",
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
                            ("waiting", "じゅんばん まち"),
                            ("running", "実行中"),
                            ("done", "できました"),
                            ("partly", "問題が あります"),
                            ("retry", "あとで もう一度"),
                            ("held", "確認まち"),
                            ("stopped", "止めました"),
                            ("failed", "できませんでした"),
                        ],
                        default="running",
                        max_length=10,
                        verbose_name="状態",
                    ),
                ),
                (
                    "started_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="はじめた時"),
                ),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="終わった時"),
                ),
                (
                    "is_trial",
                    models.BooleanField(default=False, verbose_name="ためし(何も残さない)"),
                ),
                ("reads_again", models.BooleanField(default=False, verbose_name="はじめから 読む")),
                (
                    "accepts_loss",
                    models.BooleanField(
                        default=False, verbose_name="消える 記録が 多くても 取り込む"
                    ),
                ),
                (
                    "keeps_others",
                    models.BooleanField(default=False, verbose_name="名前のない生徒の記録は残す"),
                ),
                (
                    "loss_sha256",
                    models.CharField(blank=True, default="", editable=False, max_length=64),
                ),
                (
                    "loss_of",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "なし"),
                            ("others", "名前のない生徒も"),
                            ("named", "名前のある生徒だけ"),
                        ],
                        default="",
                        editable=False,
                        max_length=10,
                        verbose_name="だれの記録が消えるか",
                    ),
                ),
                (
                    "n_lost_students",
                    models.PositiveIntegerField(
                        default=0, editable=False, verbose_name="記録が消える生徒"
                    ),
                ),
                (
                    "n_lost_records",
                    models.PositiveIntegerField(
                        default=0, editable=False, verbose_name="消える記録"
                    ),
                ),
                (
                    "upload",
                    models.CharField(
                        blank=True,
                        editable=False,
                        max_length=300,
                        verbose_name="受け取ったファイル",
                    ),
                ),
                (
                    "upload_preview",
                    apps.core.sealed_field.SealedJSONField(editable=False, null=True),
                ),
                ("n_read", models.PositiveIntegerField(default=0, verbose_name="読んだ数")),
                (
                    "n_kept",
                    models.PositiveIntegerField(default=0, verbose_name="新しく・変えて残した数"),
                ),
                (
                    "n_unchanged",
                    models.PositiveIntegerField(default=0, verbose_name="変わらない数"),
                ),
                (
                    "n_not_consented",
                    models.PositiveIntegerField(default=0, verbose_name="同意がなく 捨てた数"),
                ),
                (
                    "n_waiting",
                    models.PositiveIntegerField(
                        default=0, verbose_name="止めている利用目的で あとで読む数"
                    ),
                ),
                (
                    "n_too_old",
                    models.PositiveIntegerField(default=0, verbose_name="残す期間が すぎていた数"),
                ),
                (
                    "n_erased",
                    models.PositiveIntegerField(default=0, verbose_name="取り消されて 消した数"),
                ),
                (
                    "n_issues",
                    models.PositiveIntegerField(default=0, verbose_name="取り込めなかった数"),
                ),
                (
                    "fault",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "なし"),
                            ("cut_off", "とちゅうで止まった"),
                            ("killed", "つづけて止められた"),
                            ("same_place", "いつも同じところで止まった"),
                            ("value", "扱えない値"),
                            ("database", "データベース"),
                            ("memory", "メモリー不足"),
                            ("time", "時間切れ"),
                            ("unknown", "わからない"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="止めたもの",
                    ),
                ),
                (
                    "stopped_file",
                    models.CharField(blank=True, default="", editable=False, max_length=200),
                ),
                ("stopped_line", models.PositiveIntegerField(editable=False, null=True)),
                ("message", models.CharField(blank=True, max_length=300, verbose_name="言葉")),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="たのんだ人",
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
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="linkage.datasource",
                        verbose_name="連携元",
                    ),
                ),
            ],
            options={
                "verbose_name": "同期の記録",
                "verbose_name_plural": "同期の記録",
                "ordering": ["-started_at"],
                "indexes": [models.Index(fields=["source", "-started_at"], name="run_by_source")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "waiting",
                                    "running",
                                    "done",
                                    "partly",
                                    "retry",
                                    "held",
                                    "stopped",
                                    "failed",
                                ],
                            )
                        ),
                        name="linkage_syncrun_state_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "fault__in",
                                [
                                    "",
                                    "cut_off",
                                    "killed",
                                    "same_place",
                                    "value",
                                    "database",
                                    "memory",
                                    "time",
                                    "unknown",
                                ],
                            )
                        ),
                        name="linkage_syncrun_fault_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("loss_of__in", ["", "others", "named"])),
                        name="linkage_syncrun_loss_of_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SyncIssue",
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
                ("file", models.CharField(blank=True, max_length=200, verbose_name="ファイル")),
                ("line", models.PositiveIntegerField(null=True, verbose_name="行")),
                ("column", models.CharField(blank=True, max_length=60, verbose_name="列")),
                ("reason", models.CharField(max_length=300, verbose_name="理由")),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="issues",
                        to="linkage.syncrun",
                    ),
                ),
            ],
            options={
                "verbose_name": "取り込みの問題",
                "verbose_name_plural": "取り込みの問題",
                "ordering": ["file", "line"],
            },
        ),
        migrations.CreateModel(
            name="SourceFile",
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
                ("kind", models.CharField(max_length=30, verbose_name="種類")),
                ("name", models.CharField(max_length=200, verbose_name="ファイル")),
                ("sha256", models.CharField(max_length=64, verbose_name="ハッシュ")),
                ("first_on", models.DateField(null=True, verbose_name="はじめの日")),
                ("last_on", models.DateField(null=True, verbose_name="おわりの日")),
                ("n_kept", models.PositiveIntegerField(default=0, verbose_name="残した数")),
                (
                    "taken_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="取り込んだ時"),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="linkage.datasource",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="files",
                        to="linkage.syncrun",
                    ),
                ),
            ],
            options={
                "verbose_name": "取り込んだファイル",
                "verbose_name_plural": "取り込んだファイル",
                "ordering": ["-taken_at"],
            },
        ),
        migrations.CreateModel(
            name="FileMapping",
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
                            ("attendance_daily", "毎日の出欠"),
                            ("attendance_monthly", "月ごとの出欠の数"),
                            ("nurse_visit", "保健室に来た回数"),
                            ("grades", "成績"),
                            ("kokoro_tenki", "心の天気"),
                        ],
                        max_length=30,
                        verbose_name="種類",
                    ),
                ),
                ("headers", models.JSONField(default=dict, verbose_name="見出し")),
                ("codes", models.JSONField(default=dict, verbose_name="区分")),
                (
                    "layout",
                    models.CharField(
                        choices=[
                            ("rows", "1行に、1人の1日"),
                            ("days", "1行に1人、日ごとの列(見出しが 11/2 など)"),
                        ],
                        default="rows",
                        max_length=10,
                        verbose_name="ならべかた",
                    ),
                ),
                (
                    "by_seat",
                    models.BooleanField(
                        default=False, verbose_name="管理コードではなく、学年・組・番号で書いてある"
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
                "verbose_name": "ファイルの読みかた",
                "verbose_name_plural": "ファイルの読みかた",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "attendance_daily",
                                    "attendance_monthly",
                                    "nurse_visit",
                                    "grades",
                                    "kokoro_tenki",
                                ],
                            )
                        ),
                        name="linkage_filemapping_kind_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("layout__in", ["rows", "days"])),
                        name="linkage_filemapping_layout_valid",
                    ),
                    models.UniqueConstraint(
                        fields=("municipality", "kind"),
                        name="mapping_once",
                        violation_error_message="この種類のファイルの読みかたは、もうあります。",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Freshness",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=30, verbose_name="種類")),
                ("until_on", models.DateField(null=True, verbose_name="この日の ことまで")),
                ("read_at", models.DateTimeField(verbose_name="読んだ時")),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="freshness",
                        to="linkage.datasource",
                    ),
                ),
            ],
            options={
                "verbose_name": "どこまで",
                "verbose_name_plural": "どこまで",
                "constraints": [
                    models.UniqueConstraint(fields=("source", "kind"), name="freshness_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="SlowFile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="ファイル")),
                ("sha256", models.CharField(max_length=64, verbose_name="ハッシュ")),
                (
                    "n_failures",
                    models.PositiveSmallIntegerField(default=0, verbose_name="時間切れの数"),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="slow_files",
                        to="linkage.datasource",
                    ),
                ),
            ],
            options={
                "verbose_name": "時間内に読み終わらないファイル",
                "verbose_name_plural": "時間内に読み終わらないファイル",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "name", "sha256"), name="slow_file_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LinkedRecord",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("purpose", models.CharField(max_length=40, verbose_name="利用目的")),
                ("sealed", models.BinaryField()),
                ("key_id", models.UUIDField(editable=False)),
                ("kind", models.CharField(max_length=30, verbose_name="種類")),
                ("version_digest", models.BinaryField()),
                (
                    "received_at",
                    models.DateTimeField(default=apps.core.clock.now, verbose_name="受け取った時"),
                ),
                ("kept_until", models.DateField(verbose_name="残す期限")),
                (
                    "guardian",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.guardian",
                        verbose_name="カードを読み取った保護者",
                    ),
                ),
                (
                    "municipality",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.municipality",
                        verbose_name="自治体",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="records",
                        to="linkage.datasource",
                        verbose_name="連携元",
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.student",
                        verbose_name="生徒",
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="records",
                        to="linkage.sourcefile",
                    ),
                ),
            ],
            options={
                "verbose_name": "連携データ",
                "verbose_name_plural": "連携データ",
                "indexes": [
                    models.Index(fields=["student", "key_id"], name="record_by_student_and_key")
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="syncrun",
            trigger=pgtrigger.compiler.Trigger(
                name="transitions",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{failed:stopped,held:stopped,held:waiting,running:done,running:failed,running:held,running:partly,running:retry,running:stopped,waiting:running}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="9b41aa28521e1d874c3c78ede192076a2892d313",
                    operation="UPDATE",
                    pgid="pgtrigger_transitions_94923",
                    table="linkage_syncrun",
                    when="BEFORE",
                ),
            ),
        ),
    ]
