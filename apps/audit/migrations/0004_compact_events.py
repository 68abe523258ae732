"""Events in fewer bytes: codes as numbers, ids in their own bytes, one index entry a person and month.

The whole table is written anew, once: seven million events take about a minute.
"""

import apps.core.compact_fields
from django.conf import settings
from django.db import migrations, models


ACTIONS = {
    "sealed.opened": 1,
    "sealed.evaluated": 2,
    "sealed.own": 3,
    "sealed.guardian": 4,
    "data.taken": 5,
    "correction.asked": 6,
    "correction.answered": 7,
    "consent.decided": 8,
    "key.made": 9,
    "key.paused": 10,
    "key.resumed": 11,
    "key.destroyed": 12,
    "key.lost": 13,
    "rows.swept": 14,
    "roster.checked": 15,
    "roster.imported": 16,
    "roster.identity": 17,
    "card.issued": 18,
    "card.printed": 19,
    "card.locked": 20,
    "card.reset": 21,
    "pin.confirmed": 22,
    "pin.changed": 23,
    "invitation.issued": 24,
    "invitation.printed": 25,
    "letters.fetched": 26,
    "letters.revoked": 27,
    "guardians.listed": 28,
    "invitation.used": 29,
    "registration.confirmed": 30,
    "registration.refused": 31,
    "signin.done": 32,
    "session.ended": 33,
    "checkin.submitted": 34,
    "help.requested": 35,
    "help.seen": 36,
    "help.answered": 37,
    "help.escalated": 38,
    "help.closed": 39,
    "help.cancelled": 40,
    "drill.started": 41,
    "drill.step": 42,
    "drill.ended": 43,
    "notice.published": 44,
    "notice.submitted": 45,
    "notice.taken_back": 46,
    "notice.corrected": 47,
    "notice.withdrawn": 48,
    "notice.handed_out": 49,
    "organisation.published": 50,
    "organisation.verified": 51,
    "organisation.withdrawn": 52,
    "sync.finished": 53,
    "self_info.moved": 54,
    "sign.raised": 55,
    "case.opened": 56,
    "case.decided": 57,
    "plan.made": 58,
    "referral.made": 59,
    "outcome.recorded": 60,
    "case.closed": 61,
    "staff.appointed": 62,
    "staff.listed": 63,
    "emergency.begun": 64,
    "emergency.reviewed": 65,
    "look.decided": 66,
    "act.proposed": 67,
    "act.confirmed": 68,
    "act.stopped": 69,
    "act.done": 70,
    "record.changed": 71,
    "mail.failed": 72,
    "names.shown": 73,
}
ROLES = {
    "system": 1,
    "none": 2,
    "command line": 3,
    "student": 4,
    "guardian": 5,
    "homeroom": 6,
    "nurse": 7,
    "counsellor": 8,
    "social_worker": 9,
    "principal": 10,
    "year_head": 11,
    "office": 12,
    "teacher": 13,
    "city": 14,
    "helpdesk": 15,
    "privacy": 16,
    "family_centre": 17,
}
AUDIENCES = {
    "open": 1,
    "protective": 2,
    "office": 3,
}
PURPOSES = {
    "": 0,
    "checkin_review": 1,
    "attendance": 2,
    "nurse_room": 3,
    "grades": 4,
    "mood_weather": 5,
    "study_log": 6,
    "household": 7,
    "income": 8,
    "allowances": 9,
    "evaluation": 10,
    "helpline": 11,
    "casework": 12,
    "correction": 13,
}


def in_words(numbers):
    return "; ".join(f"{number} {code or '(none)'}" for code, number in numbers.items())


def as_number(column, numbers):
    """SQL that makes a column of codes one of their numbers; a code without one is refused after it."""
    cases = " ".join(f"WHEN '{code}' THEN {number}" for code, number in numbers.items())
    return f"ALTER {column} TYPE smallint USING CASE {column} {cases} ELSE -1 END"


def as_code(column, numbers, length):
    """SQL that undoes ``as_number``."""
    cases = " ".join(f"WHEN {number} THEN '{code}'" for code, number in numbers.items())
    return f"ALTER {column} TYPE varchar({length}) USING CASE {column} {cases} END"


COLUMNS = {"action": (ACTIONS, 40), "actor_role": (ROLES, 40), "purpose": (PURPOSES, 40),
           "audience": (AUDIENCES, 12)}  # fmt: skip
UUID = "'^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'"
COMPACT = f"""
ALTER TABLE audit_auditevent
  {", ".join(as_number(name, numbers) for name, (numbers, _) in COLUMNS.items())},
  ALTER thing_id TYPE bytea USING CASE
    WHEN thing_id ~ {UUID} THEN uuid_send(thing_id::uuid)
    WHEN octet_length(thing_id) = 16 THEN convert_to(thing_id, 'UTF8') || '\\x00'::bytea
    ELSE convert_to(thing_id, 'UTF8') END,
  ALTER fields DROP NOT NULL,
  ALTER fields TYPE varchar(60)[] USING nullif(fields, '{{}}'),
  ADD COLUMN month smallint GENERATED ALWAYS AS (
    EXTRACT(YEAR FROM at AT TIME ZONE 'UTC') * 12 + EXTRACT(MONTH FROM at AT TIME ZONE 'UTC')) STORED;
"""
COMMENTS = "".join(
    f"COMMENT ON COLUMN audit_auditevent.{name} IS '{in_words(numbers)}';"
    for name, (numbers, _) in COLUMNS.items()
)
AS_BEFORE = f"""
ALTER TABLE audit_auditevent
  {", ".join(as_code(name, *how) for name, how in COLUMNS.items())},
  ALTER thing_id TYPE varchar(60) USING CASE
    WHEN octet_length(thing_id) = 16 THEN encode(thing_id, 'hex')::uuid::text
    ELSE convert_from(rtrim(thing_id, '\\x00'::bytea), 'UTF8') END,
  ALTER fields TYPE varchar(60)[] USING coalesce(fields, '{{}}'),
  DROP COLUMN month;
ALTER TABLE audit_auditevent ALTER fields SET NOT NULL;
"""
COMMENTS_BEFORE = "".join(f"COMMENT ON COLUMN audit_auditevent.{name} IS NULL;" for name in COLUMNS)



class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0003_safety_accesses'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='auditevent',
            name='audit_subject',
        ),
        migrations.RemoveIndex(
            model_name='auditevent',
            name='audit_rare_action',
        ),
        migrations.RemoveConstraint(
            model_name='auditevent',
            name='audit_auditevent_action_valid',
        ),
        migrations.RemoveConstraint(
            model_name='auditevent',
            name='audit_auditevent_audience_valid',
        ),
        migrations.RemoveIndex(
            model_name='auditevent',
            name='audit_safety',
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL([COMPACT, COMMENTS], [AS_BEFORE, COMMENTS_BEFORE]),
            ],
            state_operations=[
                migrations.AddField(
                    model_name='auditevent',
                    name='month',
                    field=models.GeneratedField(db_persist=True, expression=models.Func(models.F('at'), arity=1, template="(EXTRACT(YEAR FROM %(expressions)s AT TIME ZONE 'UTC') * 12 + EXTRACT(MONTH FROM %(expressions)s AT TIME ZONE 'UTC'))"), output_field=models.SmallIntegerField()),
                ),
                migrations.AlterField(
                    model_name='auditevent',
                    name='action',
                    field=apps.core.compact_fields.CodeField(choices=[('sealed.opened', '内容を 見ました'), ('sealed.evaluated', 'しくみが 自動で 確かめました'), ('sealed.own', '本人が 見ました'), ('sealed.guardian', '保護者が 見ました'), ('data.taken', '記録の 写しを 受け取りました'), ('correction.asked', 'まちがいを 伝えました'), ('correction.answered', 'まちがいの 連絡に 答えました'), ('consent.decided', '同意・不同意の 返事'), ('key.made', '連携を はじめました'), ('key.paused', '連携を 止めました'), ('key.resumed', '止めた 連携を もどしました'), ('key.destroyed', '連携を やめ、鍵を こわしました'), ('key.lost', '鍵が 失われたと 決めました'), ('rows.swept', '読めなくなった 記録を 消しました'), ('roster.checked', '名簿を 確かめました'), ('roster.imported', '名簿を 取り込みました'), ('roster.identity', '名簿の 行が だれの ことかを 決めました'), ('card.issued', 'ログインカードを 出しました'), ('card.printed', 'ログインカードを 印刷しました'), ('card.locked', 'ログインカードを 止めました'), ('card.reset', '暗証番号を 新しく しました'), ('pin.confirmed', '本人が 暗証番号を 決めたと 確かめました'), ('pin.changed', '暗証番号を 本人が 変えました'), ('invitation.issued', '招待の 手紙を 出しました'), ('invitation.printed', '招待の 手紙を 印刷しました'), ('letters.fetched', '手紙の PDFを 受け取りました'), ('letters.revoked', '手紙の 印刷を まとめて 止めました'), ('guardians.listed', '保護者の 一覧を 取り込みました'), ('invitation.used', '招待で 登録しました'), ('registration.confirmed', '保護者が 来たことを 確かめました'), ('registration.refused', '登録した人は 保護者では ないと しました'), ('signin.done', 'サインインしました'), ('session.ended', 'サインインを おわらせました'), ('checkin.submitted', 'チェックインを 送りました'), ('help.requested', '話したいと 伝えました'), ('help.seen', '話したいを 見ました'), ('help.answered', '話したいに 返事を しました'), ('help.escalated', '話したいを 次の 人に 知らせました'), ('help.closed', '話したいを 記録を 書いて おわりに しました'), ('help.cancelled', '話したいを 取り消しました'), ('drill.started', '話したいの 練習を はじめました'), ('drill.step', '練習で 次の 人に 知らせました'), ('drill.ended', '話したいの 練習を とちゅうで おわりました'), ('notice.published', 'お知らせを 出しました'), ('notice.submitted', 'お知らせの 確認を たのみました'), ('notice.taken_back', 'お知らせを 下書きに もどしました'), ('notice.corrected', 'お知らせを 訂正しました'), ('notice.withdrawn', 'お知らせを 取り下げました'), ('notice.handed_out', 'お知らせを 紙で 配りました'), ('organisation.published', '窓口を 公開しました'), ('organisation.verified', '窓口を 確かめました'), ('organisation.withdrawn', '窓口を 取り下げました'), ('sync.finished', '連携しました'), ('self_info.moved', 'マイナポータルの わたしの情報'), ('sign.raised', '気づきが できました'), ('case.opened', '支援ケースを 開きました'), ('case.decided', '判断を 書きました'), ('plan.made', '支援計画を 立てました'), ('referral.made', '窓口を 紹介しました'), ('outcome.recorded', '結果を 書きました'), ('case.closed', '支援ケースを 閉じました'), ('staff.appointed', '職員の 担当を 決めました'), ('staff.listed', 'いま入れる 職員の 一覧を 見ました'), ('emergency.begun', '緊急に 開きました'), ('emergency.reviewed', '緊急の 閲覧を 確かめました'), ('look.decided', '閲覧を 見せるか 決めました'), ('act.proposed', '確認が いる 変更を はじめました'), ('act.confirmed', '二人目として 変更を 確かめました'), ('act.stopped', '変更を 止めました'), ('act.done', '変更を 行いました'), ('record.changed', '登録を 変えました'), ('mail.failed', 'メールが 届きませんでした'), ('names.shown', '名前の 出る 画面を 見ました')], db_comment=in_words(ACTIONS), numbers=ACTIONS, verbose_name='操作'),
                ),
                migrations.AlterField(
                    model_name='auditevent',
                    name='actor_role',
                    field=apps.core.compact_fields.CodeField(db_comment=in_words(ROLES), numbers=ROLES, verbose_name='立場'),
                ),
                migrations.AlterField(
                    model_name='auditevent',
                    name='audience',
                    field=apps.core.compact_fields.CodeField(choices=[('open', '本人と保護者にも 見える'), ('protective', '保護のため 見せない'), ('office', '個人情報保護の 担当だけ')], db_comment=in_words(AUDIENCES), default='open', numbers=AUDIENCES, verbose_name='見える範囲'),
                ),
                migrations.AlterField(
                    model_name='auditevent',
                    name='fields',
                    field=apps.core.compact_fields.SparseArrayField(base_field=models.CharField(max_length=60), default=list, null=True, size=None, verbose_name='項目'),
                ),
                migrations.AlterField(
                    model_name='auditevent',
                    name='purpose',
                    field=apps.core.compact_fields.CodeField(blank=True, db_comment=in_words(PURPOSES), numbers=PURPOSES, verbose_name='利用目的'),
                ),
                migrations.AlterField(
                    model_name='auditevent',
                    name='thing_id',
                    field=apps.core.compact_fields.IdentifierField(blank=True, verbose_name='対象の番号'),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['subject_id', 'month'], name='audit_subject'),
        ),
        migrations.AddConstraint(
            model_name='auditevent',
            constraint=models.CheckConstraint(condition=models.Q(('actor_role__in', ['system', 'none', 'command line', 'student', 'guardian', 'homeroom', 'nurse', 'counsellor', 'social_worker', 'principal', 'year_head', 'office', 'teacher', 'city', 'helpdesk', 'privacy', 'family_centre'])), name='audit_role_known'),
        ),
        migrations.AddConstraint(
            model_name='auditevent',
            constraint=models.CheckConstraint(condition=models.Q(('purpose__in', ['', 'checkin_review', 'attendance', 'nurse_room', 'grades', 'mood_weather', 'study_log', 'household', 'income', 'allowances', 'evaluation', 'helpline', 'casework', 'correction'])), name='audit_purpose_known'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(condition=models.Q(('action__in', ['sealed.opened', 'sealed.evaluated', 'sealed.own', 'sealed.guardian', 'names.shown', 'signin.done', 'checkin.submitted']), _negated=True), fields=['municipality_id', 'action', 'id'], name='audit_rare_action'),
        ),
        migrations.AddConstraint(
            model_name='auditevent',
            constraint=models.CheckConstraint(condition=models.Q(('action__in', list(ACTIONS))), name='audit_auditevent_action_valid'),
        ),
        migrations.AddConstraint(
            model_name='auditevent',
            constraint=models.CheckConstraint(condition=models.Q(('audience__in', list(AUDIENCES))), name='audit_auditevent_audience_valid'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(condition=models.Q(('action', 'sealed.opened'), ('audience', 'protective'), ('reason_code', 'safety')), fields=['at'], name='audit_safety'),
        ),
    ]
