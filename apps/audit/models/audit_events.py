"""One row for everything done or seen. No content, no foreign keys that could cascade."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from apps.core import clock
from apps.core.constraints import check, choices_check, choices_checks
from apps.core.models import append_only


class Action(models.TextChoices):
    """Every action on record. The value is stored; the label is what people read."""

    SEALED_OPENED = "sealed.opened", "内容を 見ました"
    SEALED_EVALUATED = "sealed.evaluated", "しくみが 自動で 確かめました"
    SEALED_OWN = "sealed.own", "本人が 見ました"
    SEALED_GUARDIAN = "sealed.guardian", "保護者が 見ました"
    DATA_TAKEN = "data.taken", "記録の 写しを 受け取りました"
    CORRECTION_ASKED = "correction.asked", "まちがいを 伝えました"
    CORRECTION_ANSWERED = "correction.answered", "まちがいの 連絡に 答えました"
    CONSENT_DECIDED = "consent.decided", "同意・不同意の 返事"
    KEY_MADE = "key.made", "連携を はじめました"
    KEY_PAUSED = "key.paused", "連携を 止めました"
    KEY_RESUMED = "key.resumed", "止めた 連携を もどしました"
    KEY_DESTROYED = "key.destroyed", "連携を やめ、鍵を こわしました"
    KEY_LOST = "key.lost", "鍵が 失われたと 決めました"
    ROWS_SWEPT = "rows.swept", "読めなくなった 記録を 消しました"
    ROSTER_CHECKED = "roster.checked", "名簿を 確かめました"
    ROSTER_IMPORTED = "roster.imported", "名簿を 取り込みました"
    ROSTER_IDENTITY = "roster.identity", "名簿の 行が だれの ことかを 決めました"
    CARD_ISSUED = "card.issued", "ログインカードを 出しました"
    CARD_PRINTED = "card.printed", "ログインカードを 印刷しました"
    CARD_LOCKED = "card.locked", "ログインカードを 止めました"
    CARD_RESET = "card.reset", "暗証番号を 新しく しました"
    PIN_CONFIRMED = "pin.confirmed", "本人が 暗証番号を 決めたと 確かめました"
    PIN_CHANGED = "pin.changed", "暗証番号を 本人が 変えました"
    INVITATION_ISSUED = "invitation.issued", "招待の 手紙を 出しました"
    INVITATION_PRINTED = "invitation.printed", "招待の 手紙を 印刷しました"
    LETTERS_FETCHED = "letters.fetched", "手紙の PDFを 受け取りました"
    LETTERS_REVOKED = "letters.revoked", "手紙の 印刷を まとめて 止めました"
    GUARDIANS_LISTED = "guardians.listed", "保護者の 一覧を 取り込みました"
    INVITATION_USED = "invitation.used", "招待で 登録しました"
    REGISTRATION_CONFIRMED = "registration.confirmed", "保護者が 来たことを 確かめました"
    REGISTRATION_REFUSED = "registration.refused", "登録した人は 保護者では ないと しました"
    SIGNED_IN = "signin.done", "サインインしました"
    SESSIONS_ENDED = "session.ended", "サインインを おわらせました"
    CHECKIN_SUBMITTED = "checkin.submitted", "チェックインを 送りました"
    HELP_REQUESTED = "help.requested", "話したいと 伝えました"
    HELP_SEEN = "help.seen", "話したいを 見ました"
    HELP_ANSWERED = "help.answered", "話したいに 返事を しました"
    HELP_ESCALATED = "help.escalated", "話したいを 次の 人に 知らせました"
    HELP_CLOSED = "help.closed", "話したいを 記録を 書いて おわりに しました"
    HELP_CANCELLED = "help.cancelled", "話したいを 取り消しました"
    DRILL_STARTED = "drill.started", "話したいの 練習を はじめました"
    DRILL_STEP = "drill.step", "練習で 次の 人に 知らせました"
    DRILL_ENDED = "drill.ended", "話したいの 練習を とちゅうで おわりました"
    NOTICE_PUBLISHED = "notice.published", "お知らせを 出しました"
    NOTICE_SUBMITTED = "notice.submitted", "お知らせの 確認を たのみました"
    NOTICE_TAKEN_BACK = "notice.taken_back", "お知らせを 下書きに もどしました"
    NOTICE_CORRECTED = "notice.corrected", "お知らせを 訂正しました"
    NOTICE_WITHDRAWN = "notice.withdrawn", "お知らせを 取り下げました"
    NOTICE_HANDED_OUT = "notice.handed_out", "お知らせを 紙で 配りました"
    ORGANISATION_PUBLISHED = "organisation.published", "窓口を 公開しました"
    ORGANISATION_VERIFIED = "organisation.verified", "窓口を 確かめました"
    ORGANISATION_WITHDRAWN = "organisation.withdrawn", "窓口を 取り下げました"
    SYNC_FINISHED = "sync.finished", "連携しました"
    SELF_INFO_MOVED = "self_info.moved", "マイナポータルの わたしの情報"
    SIGN_RAISED = "sign.raised", "気づきが できました"
    CASE_OPENED = "case.opened", "支援ケースを 開きました"
    CASE_DECIDED = "case.decided", "判断を 書きました"
    PLAN_MADE = "plan.made", "支援計画を 立てました"
    REFERRAL_MADE = "referral.made", "窓口を 紹介しました"
    OUTCOME_RECORDED = "outcome.recorded", "結果を 書きました"
    CASE_CLOSED = "case.closed", "支援ケースを 閉じました"
    STAFF_APPOINTED = "staff.appointed", "職員の 担当を 決めました"
    STAFF_LISTED = "staff.listed", "いま入れる 職員の 一覧を 見ました"
    EMERGENCY_BEGUN = "emergency.begun", "緊急に 開きました"
    EMERGENCY_REVIEWED = "emergency.reviewed", "緊急の 閲覧を 確かめました"
    LOOK_DECIDED = "look.decided", "閲覧を 見せるか 決めました"
    ACT_PROPOSED = "act.proposed", "確認が いる 変更を はじめました"
    ACT_CONFIRMED = "act.confirmed", "二人目として 変更を 確かめました"
    ACT_STOPPED = "act.stopped", "変更を 止めました"
    ACT_DONE = "act.done", "変更を 行いました"
    RECORD_CHANGED = "record.changed", "登録を 変えました"
    MAIL_FAILED = "mail.failed", "メールが 届きませんでした"
    NAMES_SHOWN = "names.shown", "名前の 出る 画面を 見ました"


READ_ACTIONS = frozenset(  # actions that leave their object unchanged
    {
        Action.SEALED_OPENED, Action.SEALED_EVALUATED, Action.SEALED_OWN, Action.SEALED_GUARDIAN,
        Action.DATA_TAKEN, Action.NAMES_SHOWN, Action.CARD_PRINTED, Action.INVITATION_PRINTED,
        Action.LETTERS_FETCHED,
        Action.NOTICE_HANDED_OUT, Action.HELP_SEEN, Action.SIGNED_IN,
    }
)  # fmt: skip


class EventReason(models.TextChoices):
    """Why something was opened or done. The value is stored; the label is what people read."""

    MEETING = "meeting", "面談の準備"
    CONFERENCE = "conference", "支援を 考える 会議"
    SIGN = "sign", "気づきの 確認"
    STUDENT_ASKED = "student_asked", "本人からの 相談"
    GUARDIAN_ASKED = "guardian_asked", "保護者からの 相談"
    SAFETY = "safety", "命や 体の 安全の 確認"
    KEY_DAMAGED = "key_damaged", "こわれた鍵のかわり"
    DATABASE_RESTORED = "database_restored", "バックアップを もどした 後"


class Audience(models.TextChoices):
    OPEN = "open", "本人と保護者にも 見える"
    PROTECTIVE = "protective", "保護のため 見せない"
    OFFICE = "office", "個人情報保護の 担当だけ"


class AuditEventQuerySet(models.QuerySet):
    def about(self, subject_id):
        """Everything about one person, newest first."""
        return self.filter(subject_id=subject_id).order_by("-at", "-id")

    def shown_to_family(self):
        """Without events hidden from the guardian to protect the student."""
        return self.filter(audience=Audience.OPEN)


class AuditEvent(models.Model):
    """Who did or saw what, about whom, when and why. Field names, never values."""

    at = models.DateTimeField("いつ", default=clock.now, editable=False)
    municipality_id = models.UUIDField("自治体", null=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="だれが",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        db_index=False,
    )
    actor_role = models.CharField("立場", max_length=40)
    action = models.CharField("操作", max_length=40, choices=Action.choices)
    subject_id = models.UUIDField("だれについて", null=True)
    thing = models.CharField("対象", max_length=60, blank=True)
    thing_id = models.CharField("対象の番号", max_length=60, blank=True)
    purpose = models.CharField("利用目的", max_length=40, blank=True)
    reason_code = models.CharField("理由", max_length=20, blank=True, choices=EventReason.choices)
    is_emergency = models.BooleanField("緊急の閲覧", default=False)
    detail = models.CharField(
        "くわしく", max_length=60, blank=True
    )  # a code: a rule, a state, a fault
    fields = ArrayField(models.CharField(max_length=60), verbose_name="項目", default=list)
    n_people = models.PositiveIntegerField("何人について", null=True)  # of a page that names people
    n_rows = models.PositiveIntegerField("何件について", null=True)  # of a sweep
    audience = models.CharField(
        "見える範囲", max_length=12, choices=Audience.choices, default=Audience.OPEN
    )

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "操作・閲覧の記録"
        constraints = [
            *choices_checks(action=Action, audience=Audience),
            choices_check("reason_code", EventReason, blank=True),
            check("audit_emergency_has_a_reason", ~models.Q(is_emergency=True, reason_code="")),
        ]
        indexes = [
            # "who looked", newest first
            models.Index(fields=["subject_id", "at"], name="audit_subject"),
            # a city's record of one action, newest first
            models.Index(fields=["municipality_id", "action", "id"], name="audit_action"),
            # what was changed since a page was opened; the record of some days
            BrinIndex(fields=["at"], autosummarize=True, name="audit_at"),
        ]
        triggers = append_only()

    def __str__(self):
        return f"{self.get_action_display()} ({self.at:%Y-%m-%d %H:%M})"
