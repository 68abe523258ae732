"""The table of staff acts that end or begin something for others. Pure: no Django."""

from apps.people.act_types import (
    MAX_SOLO_KEEP_OUTS_A_DAY,
    MAX_SOLO_RENEWALS_A_DAY,
    MAX_SOLO_STAFF_ENDINGS_A_DAY,
    ActKind,
    ActTiming,
)


def _act(name, *, proposer_roles, confirmer_roles, counts, reaches=None, **more):
    return ActKind(
        name,
        proposer_roles=frozenset(proposer_roles),
        confirmer_roles=frozenset(confirmer_roles),
        counts=counts,
        reaches=frozenset(counts if reaches is None else reaches),
        **more,
    )


_KEYS = {"keys": "止まり、消えることになる鍵(生徒と利用目的の組)", "students": "その生徒"}
_BEGINS = {"begins": "あらたにつながる、または長くつながる生徒"}
_STAFF = {"staff": "内容を開けなくなる職員"}
_STUDENTS = {"students": "その生徒"}
_APPOINTS = {"principal", "city", "privacy"}  # of a city's post: the latter two (act_roles)
CONSENT_TASK, NOTICES_TASK = "consent.reconcile_all", "notices.follow_acts"
HELPLINE_TASK, CHECKINS_TASK = "helpline.follow_acts", "checkins.follow_acts"
ACT_KINDS = {
    # -- acts that give access back ---------------------------------------------------------------
    "guardian.let_in": _act(
        "保護者の制限をとく",
        proposer_roles={"principal", "city"}, confirmer_roles={"city", "privacy"}, when=ActTiming.ON_CONFIRMATION,
        counts={
            "guardians": "また見られ、返事が数えられる保護者",
            "resumes": "もとにもどる連携",
            "ends": "この人の前の返事で、また止まる連携",
        },
        reaches={"guardians"}, task_name=CONSENT_TASK, solo_up_to=0, model="people.Guardianship",
    ),
    "guardian.let_decide": _act(
        "知らせるだけの保護者の返事を、数えるようにする",
        proposer_roles={"principal", "city"}, confirmer_roles={"city", "privacy"}, when=ActTiming.ON_CONFIRMATION,
        counts={
            "guardians": "返事が数えられるようになる保護者",
            "asks": "この人の前の返事だけでは始まらず、あらためてたずねる連携",
            "ends": "この人の前の返事で、止まる連携",
        },
        reaches={"guardians"}, task_name=CONSENT_TASK, solo_up_to=0, model="people.Guardianship",
    ),
    "conflict.end": _act(
        "職員の家族の子どもであることを、終わりにする",
        proposer_roles={"principal", "city"}, confirmer_roles={"city", "privacy"}, when=ActTiming.ON_CONFIRMATION,
        counts={"staff": "この生徒のことを、また開ける職員"}, task_name="people.follow_acts", solo_up_to=0,
        model="people.StaffConflict",
    ),
    "person.let_in": _act(
        "登録の前からの制限をとく",
        proposer_roles={"principal", "city"}, confirmer_roles={"city", "privacy"}, when=ActTiming.ON_CONFIRMATION,
        counts={"people": "また登録できるようになる人"}, task_name="people.follow_acts", solo_up_to=0,
        model="people.KeptOutPerson",
    ),
    "guardian.stop_deciding": _act(
        "判断する保護者の返事を、数えないようにする(知らせるだけにする)",
        proposer_roles={"principal", "city"}, confirmer_roles={"city", "privacy"}, when=ActTiming.ON_CONFIRMATION,
        counts={
            "guardians": "返事が数えられなくなる保護者",
            "purposes": "この人の返事だけで動いていて、止まる連携",
            "asks": "この人の前の返事で止まっていて、ほかの保護者にあらためてたずねる連携",
            "without": "判断する保護者がいなくなる生徒",
        },
        reaches={"guardians"}, task_name=CONSENT_TASK, solo_up_to=0, model="people.Guardianship",
    ),
    "guardian.rename": _act(
        "手紙で来て、判断する保護者の名前を直す",
        proposer_roles={"principal", "city"}, confirmer_roles={"principal", "city", "privacy"},
        when=ActTiming.ON_CONFIRMATION, counts={"guardians": "名前が直る保護者"},
        task_name="registration.follow_acts", solo_up_to=0, model="people.Guardianship",
        decider_fields={"was": "いまの名前", "name": "直したあとの名前"},
    ),
    "post.appoint": _act(
        "職員を担当に決める(招待を送る)",
        proposer_roles=_APPOINTS, confirmer_roles=_APPOINTS, when=ActTiming.ON_CONFIRMATION,
        counts={"posts": "あらたに決まる担当"}, task_name="staffing.follow_acts", solo_up_to=0,
        model="people.StaffPost",
    ),
    "post.change": _act(
        "職員の担当を変える",
        proposer_roles=_APPOINTS, confirmer_roles=_APPOINTS, when=ActTiming.ON_CONFIRMATION,
        counts={"posts": "変わる担当"}, task_name="staffing.follow_acts", solo_up_to=0,
        model="people.StaffPost",
    ),
    "post.restore": _act(
        "終わりにした担当をもどす",
        proposer_roles=_APPOINTS, confirmer_roles=_APPOINTS, when=ActTiming.ON_CONFIRMATION,
        counts={"posts": "もどる担当"}, task_name="staffing.follow_acts", solo_up_to=0,
        model="people.StaffPost",
    ),
    "account.unlock": _act(
        "止まっている職員のアカウントを、また使えるようにする(パスワードと2段階の認証は決めなおす)",
        proposer_roles={"helpdesk", "city"}, confirmer_roles={"city", "privacy"}, when=ActTiming.ON_CONFIRMATION,
        counts={"accounts": "また入れるようになるアカウント"},
        task_name="signin.follow_acts", solo_up_to=0, model="people.User",
    ),
    "second_factor.reset": _act(
        "2段階の認証をなくす(端末をなくした人が、登録しなおす)",
        proposer_roles={"helpdesk", "city"}, confirmer_roles={"city", "privacy"},
        when=ActTiming.ON_CONFIRMATION,
        counts={"accounts": "2段階の認証とパスワードを決めなおすアカウント"},
        task_name="signin.follow_acts", solo_up_to=0, model="people.User",
    ),
    "access.restore": _act(
        "保護者のアカウントを、新しいメールアドレスにもどす(学校が本人を確かめた)",
        proposer_roles={"office", "principal"}, confirmer_roles={"city", "privacy"},
        when=ActTiming.ON_CONFIRMATION,
        counts={"accounts": "メールアドレスが変わり、サインインが終わるアカウント"},
        task_name="signin.follow_acts", solo_up_to=0, model="people.User",
        decider_fields={"address": "新しいメールアドレス"},
    ),
    # -- acts that destroy data -------------------------------------------------------------------
    "policy.end": _act(
        "利用目的の決まりを変える(終わる連携がある)",
        proposer_roles={"city"}, confirmer_roles={"privacy"}, when=ActTiming.A_DAY_AFTER,
        counts=_KEYS | _BEGINS | _STAFF, reaches={"students", "begins", "staff"}, task_name=CONSENT_TASK,
        model="consent.PurposePolicy",
    ),
    "policy.keep_shorter": _act(
        "残す日数を短くする(消える記録がある)",
        proposer_roles={"city"}, confirmer_roles={"privacy"}, when=ActTiming.A_DAY_AFTER,
        counts={"students": "記録が早く消える生徒", **_BEGINS, **_STAFF}, task_name=CONSENT_TASK,
        model="consent.PurposePolicy",
    ),
    "programme.end": _act(
        "取り組みの期間を変える(終わる連携がある)",
        proposer_roles={"city"}, confirmer_roles={"privacy"}, when=ActTiming.A_DAY_AFTER,
        counts=_KEYS | _BEGINS, reaches={"students", "begins"}, task_name=CONSENT_TASK,
        model="consent.Programme",
    ),
    "words.publish": _act(
        "新しい説明文書を公開する(前の同意では使わない)",
        proposer_roles={"city", "privacy"}, confirmer_roles={"city", "privacy"}, when=ActTiming.A_DAY_AFTER,
        counts=_KEYS, reaches={"students"}, task_name=CONSENT_TASK, solo_up_to=0,
        model="consent.ConsentDocument",
    ),
    "keys.lose": _act(
        "こわれた鍵を、失われたと決める(記録はもう読めない。家庭にもう一度たずねる)",
        proposer_roles={"privacy"}, confirmer_roles={"city"}, when=ActTiming.ON_CONFIRMATION,
        counts={"keys": "失われたと決める鍵(生徒と利用目的の組)", "students": "その生徒"},
        reaches={"students"}, task_name=CONSENT_TASK, solo_up_to=0, model="vault.DamageReport",
    ),
    # -- acts that begin something for others -----------------------------------------------------
    "policy.begin": _act(
        "利用目的の決まりを変える(はじまる連携がある)",
        proposer_roles={"city"}, confirmer_roles={"privacy"}, when=ActTiming.ON_CONFIRMATION,
        counts=_BEGINS | _STAFF, task_name=CONSENT_TASK, model="consent.PurposePolicy",
    ),
    "programme.begin": _act(
        "取り組みの期間を変える(はじまる・続く連携がある)",
        proposer_roles={"city"}, confirmer_roles={"privacy"}, when=ActTiming.ON_CONFIRMATION,
        counts=_BEGINS, task_name=CONSENT_TASK, model="consent.Programme",
    ),
    "rule.start": _act(
        "気づきの決まりの しきい値を変える",
        proposer_roles={"city"}, confirmer_roles={"privacy"}, when=ActTiming.ON_CONFIRMATION,
        counts={"students": "この決まりが見る、いま在籍している生徒"}, task_name="cases.follow_acts",
        solo_up_to=0, model="cases.Rule",
    ),
    # -- acts that end access ---------------------------------------------------------------------
    "access.narrow": _act(
        "内容を開ける立場を減らす",
        proposer_roles={"city"}, confirmer_roles={"privacy"}, when=ActTiming.ON_CONFIRMATION,
        counts=_STAFF, task_name=CONSENT_TASK, model="consent.PurposePolicy",
    ),
    "duty.stop": _act(
        "「話したい」の受け付けを止める",
        proposer_roles={"principal"}, confirmer_roles={"nurse", "counsellor"}, when=ActTiming.ON_CONFIRMATION,
        counts={"students": "話したいと伝えられなくなる生徒"}, task_name=HELPLINE_TASK,
        solo_up_to=0, model="helpline.DutyRoster",
    ),
    "duty.thin": _act(
        "「話したい」を見る時間や、えらべる人を減らす",
        proposer_roles={"principal"}, confirmer_roles={"nurse", "counsellor"}, when=ActTiming.ON_CONFIRMATION,
        counts={
            "minutes": "1週間のうち、だれも見なくなる分", "people": "えらべなくなる人",
            "students": "話したいと伝えられる生徒",
        },
        reaches={"students"}, task_name=HELPLINE_TASK, solo_up_to=0, model="helpline.DutyRoster",
    ),
    "calendar.rest": _act(
        "長い休みを入れる(話したいをだれも見ない日がつづく)",
        proposer_roles={"city", "principal"}, confirmer_roles={"city", "principal", "nurse", "counsellor"},
        when=ActTiming.ON_CONFIRMATION,
        counts={"days": "休みになる平日", **_STUDENTS}, reaches={"students"},
        task_name="people.follow_acts", solo_up_to=0, model="people.SchoolBreak",
    ),
    "questions.retire": _act(
        "質問をたずねるのをやめる",
        proposer_roles={"city"}, confirmer_roles={"privacy"},
        when=ActTiming.ON_CONFIRMATION,
        counts={"students": "この質問をたずねられている生徒"}, task_name=CHECKINS_TASK, solo_up_to=0,
        model="checkins.QuestionSet",
    ),
    "records.lose": _act(
        "取り込むと消える記録を、消してよいと決める",
        proposer_roles={"city", "principal"}, confirmer_roles={"city", "principal", "privacy"},
        when=ActTiming.ON_CONFIRMATION,
        counts={"records": "消える記録", **_STUDENTS}, reaches={"students"},
        task_name="linkage.sync_all", model="linkage.SyncRun",
    ),
    "codes.renew": _act(
        "カードや手紙を新しい番号にする",
        proposer_roles={"homeroom", "helpdesk", "office", "principal"},
        confirmer_roles={"homeroom", "office", "principal", "city"},
        when=ActTiming.ON_CONFIRMATION,
        counts={"cards": "使えなくなるカード", "letters": "使えなくなる手紙"},
        task_name="registration.follow_acts", model="people.SchoolClass", solo_limit_a_day=MAX_SOLO_RENEWALS_A_DAY,
    ),
    "sessions.end": _act(
        "学校や自治体の全員のサインインを終わらせる",
        proposer_roles={"city", "helpdesk"}, confirmer_roles={"city", "principal", "privacy"},
        when=ActTiming.ON_CONFIRMATION,
        counts={"people": "いまサインインしている人", "sessions": "終わるサインイン"},
        reaches={"people"}, task_name="signin.follow_acts", solo_up_to=0, model="people.School",
    ),
    "organisation.change": _act(
        "公開中の窓口を直す",
        proposer_roles={"city", "principal"}, confirmer_roles={"city", "privacy"}, when=ActTiming.ON_CONFIRMATION,
        counts={"fields": "変わる項目", "notices": "この窓口をのせたお知らせ"}, reaches={"fields"},
        task_name=NOTICES_TASK, solo_up_to=0, model="notices.SupportOrganisation",
    ),
    # -- reversible acts: done at once, confirmed afterwards --------------------------------------
    "notice.hide": _act(
        "お知らせを取り下げる",
        proposer_roles={"city", "principal"}, confirmer_roles={"city", "principal", "privacy"},
        when=ActTiming.AT_ONCE, counts={"students": "このお知らせが届いている生徒"}, task_name=NOTICES_TASK,
        model="notices.Notice",
    ),
    "organisation.hide": _act(
        "窓口を取り下げる",
        proposer_roles={"city"}, confirmer_roles={"city", "privacy"},
        when=ActTiming.AT_ONCE, counts={"notices": "この窓口をのせたお知らせ"}, task_name=NOTICES_TASK,
        model="notices.SupportOrganisation",
    ),
    "pin.reset": _act(
        "暗証番号を決めなおす(生徒本人がいたことを確かめる)",
        proposer_roles={"homeroom", "helpdesk"},
        confirmer_roles={"nurse", "counsellor", "principal"},
        when=ActTiming.AT_ONCE, counts={"students": "暗証番号を決めなおした生徒"},
        task_name="signin.follow_acts", model="people.Student",
        kept_from="cards.print", waits_for="pin_chosen_at",
        later={"ended": "決めなおしたあとに本人の名で止めた連携(確かめると、その記録は消えます)"},
    ),
    "guardian.keep_out": _act(
        "保護者を、この子どもについて制限する",
        proposer_roles={"principal", "city"}, confirmer_roles={"city", "principal", "privacy"},
        when=ActTiming.AT_ONCE,
        counts={
            "guardians": "何も見られなくなり、返事が数えられなくなる保護者",
            "purposes": "この人の返事だけで動いていて、止まる連携",
            "without": "判断する保護者がいなくなる生徒",
        },
        reaches={"guardians"}, task_name=CONSENT_TASK, model="people.Guardianship",
        undone_by="guardian.let_in", solo_limit_a_day=MAX_SOLO_KEEP_OUTS_A_DAY,
    ),
    "conflict.set": _act(
        "職員の家族の子どもと入れる",
        proposer_roles={"principal", "city"}, confirmer_roles={"city", "principal", "privacy"},
        when=ActTiming.AT_ONCE, counts={"staff": "この生徒のことを開けなくなる職員"},
        task_name="people.follow_acts", model="people.StaffConflict", undone_by="conflict.end",
        solo_limit_a_day=MAX_SOLO_STAFF_ENDINGS_A_DAY,
    ),
    "person.keep_out": _act(
        "まだ登録していない人を、この子どもについて制限する",
        proposer_roles={"principal", "city"}, confirmer_roles={"city", "principal", "privacy"},
        when=ActTiming.AT_ONCE, counts={"people": "登録できなくなる人"}, task_name="people.follow_acts",
        model="people.KeptOutPerson", undone_by="person.let_in", solo_limit_a_day=MAX_SOLO_KEEP_OUTS_A_DAY,
    ),
    "guardianship.end": _act(
        "保護者の続柄を終わらせる",
        proposer_roles={"principal", "city"}, confirmer_roles={"city", "principal", "privacy"},
        when=ActTiming.ON_CONFIRMATION,
        counts={
            "guardians": "この子どもの保護者でなくなる人",
            "purposes": "この人の返事だけで動いていて、止まり、1日あとに消える連携",
            "without": "判断する保護者がいなくなる生徒",
        },
        reaches={"guardians"}, task_name=CONSENT_TASK, solo_up_to=0, model="people.Guardianship",
    ),
    "post.end": _act(
        "職員の担当を終わりにする",
        proposer_roles=_APPOINTS, confirmer_roles=_APPOINTS, when=ActTiming.AT_ONCE,
        counts={"posts": "終わる担当"}, task_name="staffing.follow_acts", model="people.StaffPost",
        solo_limit_a_day=MAX_SOLO_STAFF_ENDINGS_A_DAY,
    ),
    "letters.revoke": _act(
        "印刷した手紙を、まとめて使えなくする",
        proposer_roles={"principal", "city"}, confirmer_roles={"principal", "city", "privacy"},
        when=ActTiming.AT_ONCE,
        counts={
            "letters": "使えなくなる手紙",
            "waiting": "この手紙で来て、確認を待っている人(学校の一覧に、しるしが付きます)",
            "confirmed": "この手紙で来て、もう確かめられた人(そのままです)",
        },
        reaches={"letters"}, task_name="registration.follow_acts", model="registration.PrintedSheet",
    ),
    "account.lock": _act(
        "職員のアカウントを止める",
        proposer_roles={"city", "principal"}, confirmer_roles={"city", "principal", "privacy"},
        when=ActTiming.AT_ONCE, counts={"accounts": "入れなくなるアカウント"},
        task_name="signin.follow_acts", model="people.User", solo_limit_a_day=MAX_SOLO_STAFF_ENDINGS_A_DAY,
    ),
}  # fmt: skip
