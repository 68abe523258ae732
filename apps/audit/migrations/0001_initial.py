"""The tables, constraints and triggers of audit."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import apps.core.clock


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        default=apps.core.clock.now, editable=False, verbose_name="いつ"
                    ),
                ),
                ("municipality_id", models.UUIDField(null=True, verbose_name="自治体")),
                ("actor_role", models.CharField(max_length=40, verbose_name="立場")),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("sealed.opened", "内容を 見ました"),
                            ("sealed.evaluated", "しくみが 自動で 確かめました"),
                            ("sealed.own", "本人が 見ました"),
                            ("sealed.guardian", "保護者が 見ました"),
                            ("data.taken", "記録の 写しを 受け取りました"),
                            ("correction.asked", "まちがいを 伝えました"),
                            ("correction.answered", "まちがいの 連絡に 答えました"),
                            ("consent.decided", "同意・不同意の 返事"),
                            ("key.made", "連携を はじめました"),
                            ("key.paused", "連携を 止めました"),
                            ("key.resumed", "止めた 連携を もどしました"),
                            ("key.destroyed", "連携を やめ、鍵を こわしました"),
                            ("key.lost", "鍵が 失われたと 決めました"),
                            ("rows.swept", "読めなくなった 記録を 消しました"),
                            ("roster.checked", "名簿を 確かめました"),
                            ("roster.imported", "名簿を 取り込みました"),
                            ("roster.identity", "名簿の 行が だれの ことかを 決めました"),
                            ("card.issued", "ログインカードを 出しました"),
                            ("card.printed", "ログインカードを 印刷しました"),
                            ("card.locked", "ログインカードを 止めました"),
                            ("card.reset", "暗証番号を 新しく しました"),
                            ("pin.confirmed", "本人が 暗証番号を 決めたと 確かめました"),
                            ("pin.changed", "暗証番号を 本人が 変えました"),
                            ("invitation.issued", "招待の 手紙を 出しました"),
                            ("invitation.printed", "招待の 手紙を 印刷しました"),
                            ("letters.fetched", "手紙の PDFを 受け取りました"),
                            ("letters.revoked", "手紙の 印刷を まとめて 止めました"),
                            ("guardians.listed", "保護者の 一覧を 取り込みました"),
                            ("invitation.used", "招待で 登録しました"),
                            ("registration.confirmed", "保護者が 来たことを 確かめました"),
                            ("registration.refused", "登録した人は 保護者では ないと しました"),
                            ("signin.done", "サインインしました"),
                            ("session.ended", "サインインを おわらせました"),
                            ("checkin.submitted", "チェックインを 送りました"),
                            ("help.requested", "話したいと 伝えました"),
                            ("help.seen", "話したいを 見ました"),
                            ("help.answered", "話したいに 返事を しました"),
                            ("help.escalated", "話したいを 次の 人に 知らせました"),
                            ("help.closed", "話したいを 記録を 書いて おわりに しました"),
                            ("help.cancelled", "話したいを 取り消しました"),
                            ("drill.started", "話したいの 練習を はじめました"),
                            ("drill.step", "練習で 次の 人に 知らせました"),
                            ("drill.ended", "話したいの 練習を とちゅうで おわりました"),
                            ("notice.published", "お知らせを 出しました"),
                            ("notice.submitted", "お知らせの 確認を たのみました"),
                            ("notice.taken_back", "お知らせを 下書きに もどしました"),
                            ("notice.corrected", "お知らせを 訂正しました"),
                            ("notice.withdrawn", "お知らせを 取り下げました"),
                            ("notice.handed_out", "お知らせを 紙で 配りました"),
                            ("organisation.published", "窓口を 公開しました"),
                            ("organisation.verified", "窓口を 確かめました"),
                            ("organisation.withdrawn", "窓口を 取り下げました"),
                            ("sync.finished", "連携しました"),
                            ("self_info.moved", "マイナポータルの わたしの情報"),
                            ("sign.raised", "気づきが できました"),
                            ("case.opened", "支援ケースを 開きました"),
                            ("case.decided", "判断を 書きました"),
                            ("plan.made", "支援計画を 立てました"),
                            ("referral.made", "窓口を 紹介しました"),
                            ("outcome.recorded", "結果を 書きました"),
                            ("case.closed", "支援ケースを 閉じました"),
                            ("staff.appointed", "職員の 担当を 決めました"),
                            ("staff.listed", "いま入れる 職員の 一覧を 見ました"),
                            ("emergency.begun", "緊急に 開きました"),
                            ("emergency.reviewed", "緊急の 閲覧を 確かめました"),
                            ("look.decided", "閲覧を 見せるか 決めました"),
                            ("act.proposed", "確認が いる 変更を はじめました"),
                            ("act.confirmed", "二人目として 変更を 確かめました"),
                            ("act.stopped", "変更を 止めました"),
                            ("act.done", "変更を 行いました"),
                            ("record.changed", "登録を 変えました"),
                            ("mail.failed", "メールが 届きませんでした"),
                            ("names.shown", "名前の 出る 画面を 見ました"),
                        ],
                        max_length=40,
                        verbose_name="操作",
                    ),
                ),
                ("subject_id", models.UUIDField(null=True, verbose_name="だれについて")),
                ("thing", models.CharField(blank=True, max_length=60, verbose_name="対象")),
                (
                    "thing_id",
                    models.CharField(blank=True, max_length=60, verbose_name="対象の番号"),
                ),
                ("purpose", models.CharField(blank=True, max_length=40, verbose_name="利用目的")),
                (
                    "reason_code",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("meeting", "面談の準備"),
                            ("conference", "支援を 考える 会議"),
                            ("sign", "気づきの 確認"),
                            ("student_asked", "本人からの 相談"),
                            ("guardian_asked", "保護者からの 相談"),
                            ("safety", "命や 体の 安全の 確認"),
                            ("key_damaged", "こわれた鍵のかわり"),
                            ("database_restored", "バックアップを もどした 後"),
                        ],
                        max_length=20,
                        verbose_name="理由",
                    ),
                ),
                ("is_emergency", models.BooleanField(default=False, verbose_name="緊急の閲覧")),
                ("detail", models.CharField(blank=True, max_length=60, verbose_name="くわしく")),
                (
                    "fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60),
                        default=list,
                        size=None,
                        verbose_name="項目",
                    ),
                ),
                ("n_people", models.PositiveIntegerField(null=True, verbose_name="何人について")),
                ("n_rows", models.PositiveIntegerField(null=True, verbose_name="何件について")),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("open", "本人と保護者にも 見える"),
                            ("protective", "保護のため 見せない"),
                            ("office", "個人情報保護の 担当だけ"),
                        ],
                        default="open",
                        max_length=12,
                        verbose_name="見える範囲",
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="だれが",
                    ),
                ),
            ],
            options={
                "verbose_name": "操作・閲覧の記録",
                "verbose_name_plural": "操作・閲覧の記録",
                "indexes": [
                    models.Index(fields=["subject_id", "at"], name="audit_subject"),
                    models.Index(fields=["municipality_id", "action", "id"], name="audit_action"),
                    django.contrib.postgres.indexes.BrinIndex(
                        autosummarize=True, fields=["at"], name="audit_at"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "action__in",
                                [
                                    "sealed.opened",
                                    "sealed.evaluated",
                                    "sealed.own",
                                    "sealed.guardian",
                                    "data.taken",
                                    "correction.asked",
                                    "correction.answered",
                                    "consent.decided",
                                    "key.made",
                                    "key.paused",
                                    "key.resumed",
                                    "key.destroyed",
                                    "key.lost",
                                    "rows.swept",
                                    "roster.checked",
                                    "roster.imported",
                                    "roster.identity",
                                    "card.issued",
                                    "card.printed",
                                    "card.locked",
                                    "card.reset",
                                    "pin.confirmed",
                                    "pin.changed",
                                    "invitation.issued",
                                    "invitation.printed",
                                    "letters.fetched",
                                    "letters.revoked",
                                    "guardians.listed",
                                    "invitation.used",
                                    "registration.confirmed",
                                    "registration.refused",
                                    "signin.done",
                                    "session.ended",
                                    "checkin.submitted",
                                    "help.requested",
                                    "help.seen",
                                    "help.answered",
                                    "help.escalated",
                                    "help.closed",
                                    "help.cancelled",
                                    "drill.started",
                                    "drill.step",
                                    "drill.ended",
                                    "notice.published",
                                    "notice.submitted",
                                    "notice.taken_back",
                                    "notice.corrected",
                                    "notice.withdrawn",
                                    "notice.handed_out",
                                    "organisation.published",
                                    "organisation.verified",
                                    "organisation.withdrawn",
                                    "sync.finished",
                                    "self_info.moved",
                                    "sign.raised",
                                    "case.opened",
                                    "case.decided",
                                    "plan.made",
                                    "referral.made",
                                    "outcome.recorded",
                                    "case.closed",
                                    "staff.appointed",
                                    "staff.listed",
                                    "emergency.begun",
                                    "emergency.reviewed",
                                    "look.decided",
                                    "act.proposed",
                                    "act.confirmed",
                                    "act.stopped",
                                    "act.done",
                                    "record.changed",
                                    "mail.failed",
                                    "names.shown",
                                ],
                            )
                        ),
                        name="audit_auditevent_action_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("audience__in", ["open", "protective", "office"])),
                        name="audit_auditevent_audience_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "reason_code__in",
                                [
                                    "",
                                    "meeting",
                                    "conference",
                                    "sign",
                                    "student_asked",
                                    "guardian_asked",
                                    "safety",
                                    "key_damaged",
                                    "database_restored",
                                ],
                            )
                        ),
                        name="audit_auditevent_reason_code_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_emergency", True), ("reason_code", ""), _negated=True
                        ),
                        name="audit_emergency_has_a_reason",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="auditevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="0450288fcb55201b346da4e2d56d2293ba7aac03",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_00dfa",
                    table="audit_auditevent",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="auditevent",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="9ac642a7e9f68f50d9f463a7130409caf98ed108",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_c220f",
                    table="audit_auditevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="SecurityEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        default=apps.core.clock.now, editable=False, verbose_name="いつ"
                    ),
                ),
                ("last_at", models.DateTimeField(null=True, verbose_name="最後")),
                ("minute", models.DateTimeField(null=True, verbose_name="まとめた分")),
                ("n", models.PositiveIntegerField(default=1, verbose_name="回数")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("signin.done", "サインインした"),
                            ("signin.failed", "サインインに失敗した"),
                            ("signin.factor_failed", "2段階目の認証に失敗した"),
                            ("signin.code_failed", "メールで届いた番号をまちがえた"),
                            ("signin.out", "サインアウトした"),
                            ("session.expired", "時間が来てサインインが終わった"),
                            ("session.ended", "サインインを終わらせた"),
                            ("session.all_ended", "ほかのサインインをすべて終わらせた"),
                            ("factor.added", "2段階目の認証を登録した"),
                            ("factor.removed", "2段階目の認証を消した"),
                            ("factor.reset", "2段階目の認証を作りなおした"),
                            ("password.changed", "パスワードを変えた"),
                            ("password.reset", "パスワードを忘れて作りなおした"),
                            ("mail.added", "メールアドレスを足した"),
                            ("mail.confirmed", "メールアドレスを確かめた"),
                            ("mail.changed", "主なメールアドレスを変えた"),
                            ("mail.removed", "メールアドレスを消した"),
                            ("pin.changed", "暗証番号を変えた"),
                            ("pin.reset", "暗証番号を決めなおせるようにした"),
                            ("card.renewed", "ログインカードを新しい番号にした"),
                            ("card.locked", "まちがいが続き、カードが止まった"),
                            ("account.made", "アカウントができた"),
                            ("account.joined", "手紙でアカウントを保護者に結びつけた"),
                            ("account.locked", "アカウントを止めた"),
                            ("account.unlocked", "アカウントの止めをといた"),
                            ("post.given", "職員の担当を決めた"),
                            ("access.refused", "開けない画面を開こうとした"),
                            ("access.not_found", "見てよい範囲にない画面を開こうとした"),
                            ("request.csrf", "送信元を確かめられない送信を断った"),
                            ("request.host", "名前のちがうサーバーあての接続を断った"),
                            ("limit.hit", "回数の上限で断った"),
                            ("upload.refused", "ファイルの受け取りを断った"),
                        ],
                        max_length=24,
                        verbose_name="できごと",
                    ),
                ),
                (
                    "person_kind",
                    models.CharField(
                        choices=[
                            ("student", "生徒"),
                            ("guardian", "保護者"),
                            ("staff", "職員"),
                            ("nobody", "わからない"),
                        ],
                        max_length=10,
                        verbose_name="立場",
                    ),
                ),
                ("target_id", models.UUIDField(null=True, verbose_name="だれに")),
                ("municipality_id", models.UUIDField(null=True, verbose_name="自治体")),
                ("network", models.CharField(blank=True, max_length=49, verbose_name="どこから")),
                ("detail", models.CharField(blank=True, max_length=60, verbose_name="くわしく")),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="だれ",
                    ),
                ),
            ],
            options={
                "verbose_name": "安全の記録",
                "verbose_name_plural": "安全の記録",
                "indexes": [
                    models.Index(fields=["kind", "at"], name="audit_security_kind"),
                    models.Index(
                        fields=["municipality_id", "at"], name="audit_security_municipality"
                    ),
                    models.Index(fields=["user", "at"], name="audit_security_user"),
                    django.contrib.postgres.indexes.BrinIndex(
                        autosummarize=True, fields=["at"], name="audit_security_at"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "signin.done",
                                    "signin.failed",
                                    "signin.factor_failed",
                                    "signin.code_failed",
                                    "signin.out",
                                    "session.expired",
                                    "session.ended",
                                    "session.all_ended",
                                    "factor.added",
                                    "factor.removed",
                                    "factor.reset",
                                    "password.changed",
                                    "password.reset",
                                    "mail.added",
                                    "mail.confirmed",
                                    "mail.changed",
                                    "mail.removed",
                                    "pin.changed",
                                    "pin.reset",
                                    "card.renewed",
                                    "card.locked",
                                    "account.made",
                                    "account.joined",
                                    "account.locked",
                                    "account.unlocked",
                                    "post.given",
                                    "access.refused",
                                    "access.not_found",
                                    "request.csrf",
                                    "request.host",
                                    "limit.hit",
                                    "upload.refused",
                                ],
                            )
                        ),
                        name="audit_securityevent_kind_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("person_kind__in", ["student", "guardian", "staff", "nobody"])
                        ),
                        name="audit_securityevent_person_kind_valid",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("minute__isnull", False)),
                        fields=("kind", "network", "user", "minute"),
                        name="audit_security_one_sum",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="securityevent",
            trigger=pgtrigger.compiler.Trigger(
                name="only_sums_change",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF OLD.minute IS NULL OR NEW.n <= OLD.n OR (NEW.kind, NEW.minute, NEW.network, NEW.at) IS DISTINCT FROM (OLD.kind, OLD.minute, OLD.network, OLD.at) THEN RAISE EXCEPTION 'append-only: a security event stays as it is'; END IF; RETURN NEW;",
                    hash="8ff4bd31e94948357e3f73623e76b22d7e27386c",
                    operation="UPDATE",
                    pgid="pgtrigger_only_sums_change_37ba1",
                    table="audit_securityevent",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="securityevent",
            trigger=pgtrigger.compiler.Trigger(
                name="kept_at_least",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF OLD.at > now() - interval '90 days' THEN RAISE EXCEPTION 'append-only: a security event is kept for 90 days'; END IF; RETURN OLD;",
                    hash="4b09ac735bd6ef19b9ad96fbf213e3fb54ca9ed6",
                    operation="DELETE",
                    pgid="pgtrigger_kept_at_least_5e70b",
                    table="audit_securityevent",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="securityevent",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="1794205645b309357addc69d2a886ab1a7f808d8",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_06ae8",
                    table="audit_securityevent",
                    when="BEFORE",
                ),
            ),
        ),
    ]
