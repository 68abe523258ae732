"""The sentences of consent that are not in a template; each is translated when it is shown.

Where guardian and student are spoken to differently, it is a pair: (to the guardian, to the
student); ``for_party`` chooses.
"""

from babel.lists import format_list
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.languages import html_lang
from apps.people.models import Role

GUARDIAN, STUDENT = "guardian", "student"


def for_party(words, party):
    """The text of a pair that is meant for this party; what is no pair is meant for both."""
    if isinstance(words, tuple):
        words = words[0 if party == GUARDIAN else 1]
    return str(words)


# -- the state of a purpose -----------------------------------------------------------------------

EFFECTIVENESS = {  # EffectivenessReason -> (sentence or pair, badge)
    "effective": (("", _("つないでいます")), "midori"),
    "waiting_student": (("", _("あなたの返事を待っています")), "murasaki"),
    "waiting_guardian": (("", _("保護者の返事を待っています")), "murasaki"),
    "waiting_both": (("", _("まだ返事がそろっていません")), "plain"),
    "guardian_refused": (("", _("つないでいません")), "plain"),
    "student_refused": (("", _("つないでいません(あなたの返事)")), "plain"),
    "waiting_answer": ((_("まだ返事をしていません"), ""), "plain"),  # the guardian's own answer
    "waiting_school": ((_("学校の確認のあとに数えます"), ""), "murasaki"),
    "waiting_school_decides": ((_("数えるかどうかは、学校が決めます"), ""), "murasaki"),
    "not_shown": ("", "plain"),  # a guardian reads their own answer instead
    "waiting_alone": (("", _("あなたが決めるのを待っています")), "murasaki"),
    "not_offered": (_("いまはたずねていません"), "plain"),
    "out_of_term": (_("期間の外です"), "plain"),
    "paused": (("", _("いま止めています(だれも見ていません)")), "plain"),
    "not_enrolled": (_("名簿にのっていません"), "plain"),
}
# The same whether the child has not answered, does not know, said no or took a yes back.
CHILD_ANSWER_NOT_SHOWN = _(
    "お子さんの答えは、ここには出ません。つながるのは、両方が同意したものだけです。"
)
# Whether or not there is another guardian: the same for every family.
ALL_GUARDIANS_AGREE = _(
    "判断する保護者が二人以上いるときは、全員が同意したときだけつながります。"
    "急ぎの支援や相談は、この返事を待ちません。"
)
ONE_GUARDIAN_AGREES = _(
    "判断する保護者が二人以上いても、一人の同意でつながります。だれかが不同意なら、つながりません。"
    "急ぎの支援や相談は、この返事を待ちません。"
)
WHAT_GUARDIAN_MAY_NOTICE = _(  # to the student, before answering and before withdrawing
    "あなたの答えは、保護者の画面には出ません。でも、保護者が見ていた記録が消えたり、"
    "カードで受け取れなくなったりして、わかってしまうことはあります。"
)
PAUSED_NOW = _("いま止めています。")  # where no badge says so
PAUSED = _("何も消していません。")
PAUSED_BY_CITY = _("市が見直しています。あなたやご家族がやめたのではありません。")
PAUSED_UNTIL = _("%(until)sを過ぎると消します。それまでは、だれも見ず、何も消しません。")
KEY_DAMAGED = _(
    "鍵がこわれて、いまは記録を読むことも、新しく残すこともできません。もう一度同意すると、"
    "これからの記録をまた使えます。前の記録は、元にもどらないことがあります。"
)


def effectiveness_words(why, party):
    """(sentence, badge colour) for an Effectiveness's ``why``."""
    sentence, badge = EFFECTIVENESS[why]
    return for_party(sentence, party), badge


# -- purposes -------------------------------------------------------------------------------------

PURPOSE_NAMES = {
    "checkin_review": _("チェックインの答え"),
    "attendance": _("出席のようす"),
    "nurse_room": _("保健室に来た回数"),
    "grades": _("成績の大きな変化"),
    "mood_weather": _("心の天気"),
    "study_log": _("学習のきろく"),
    "household": _("世帯の人数の区分"),
    "income": _("所得の区分"),
    "allowances": _("手当などを受けているか"),
    "evaluation": _("名前を消した検証"),
}
PORTAL_PURPOSES = {"checkin_review", "evaluation"}  # without a source outside the portal
WITHOUT_CONSENT = {  # purpose -> what its absence means, beyond "nothing changes"
    "checkin_review": _(
        "同意がそろうまで、チェックイン「きょうのわたし」には答えられません"
        "(答えを安全にしまえないため)。"
    ),
}
WHAT_IS_DESTROYED = {  # purpose -> what is destroyed, where it is more than the linked records
    "checkin_review": (
        _(
            "これまでのチェックインの答え(お子さんも、自分の答えをふり返れなくなります)と、"
            "そこから自動でまとめたもの"
        ),
        _("これまでの「きょうのわたし」の答え(あなたも見られなくなります)"),
    ),
    "evaluation": _(
        "これから検証に使われること(名前を消してすでにまとめた数は、のこることがあります)"
    ),
}
DOCUMENT_FIELDS = {  # field of a document -> its name on the pages
    "question": _("たずねる文"),
    "what": _("何を"),
    "what_not": _("使わないもの"),
    "source": _("どこから"),
    "recipients": _("だれが見る"),
    "kept": _("いつまで"),
    "aim": _("何のために"),
    "student_question": _("たずねる文"),
    "student_words": _("説明"),
}
STAYS_AT_NAMED_SOURCE = _("もとの記録は、%(source)sに、そのままあります")
STAYS_AT_SOURCE = _("もとのところにある記録は、そのままです")  # whose name is Japanese
STAYS_IN_LIFE = _("学校生活、お知らせ、相談は変わりません")
STAYS_AS_WORK = _("先生が支援のためにすでに書いた記録は、のこります")
STAYS_AS_TRACE = _("いつ返事をしたか、だれがいつ見たかの記録は、のこります(中身はありません)")
ENDS_AT_ONCE = _(
    "「やめる」を押すと、すぐにだれにも読めなくなります。そのあと自動で消えます。"
    "元にはもどせません。"
)
ENDS_ONCE_CONFIRMED = _(  # to a student whose new PIN nobody has confirmed yet
    "「やめる」を押すと、すぐにだれも見なくなります。暗証番号をあなたが決めたことを、"
    "別の先生が確かめたあとで消えます。"
)


def purpose_name(purpose):
    """What a purpose is called, in the language of the reader."""
    return str(PURPOSE_NAMES[purpose])


def quoted_names(purposes):
    """Several purposes as one phrase."""
    names = [gettext("「%(name)s」") % {"name": purpose_name(purpose)} for purpose in purposes]
    return format_list(names, locale=html_lang())


def withdrawal_title(purpose):
    """The question of the page on which a purpose is withdrawn."""
    return gettext("「%(name)s」をやめますか") % {"name": purpose_name(purpose)}


def destroyed_words(purpose, party):
    """What withdrawing destroys, as one phrase."""
    if purpose in WHAT_IS_DESTROYED:
        return for_party(WHAT_IS_DESTROYED[purpose], party)
    return gettext("このポータルにのこっている「%(name)s」の記録と、そこから自動でまとめたもの") % {
        "name": purpose_name(purpose)
    }


# -- answers --------------------------------------------------------------------------------------

RESPONSES = {  # response -> what was answered, on the receipt and in the overview
    "given": _("同意しました"),
    "refused": _("同意しませんでした"),
    "later": _("あとで決めます"),
    "unsure": _("わからないので、話を聞きたいです"),
    "withdrawn": _("やめました"),
}
RESPONSE_CHOICES = {  # response -> label of the radio button; all look the same
    "given": _("同意する"),
    "refused": _("同意しない"),
    "later": _("あとで決める"),
    "unsure": ("", _("わからない。話を聞きたい")),  # the student's alone
}
CHOOSE_ONE = _("どれか一つを選んでください。")
DOCUMENT_CHANGED = _("説明が新しくなりました。もう一度読んで、選んでください。")
PAGE_EXPIRED = _("ページが古くなりました。もう一度確かめてください。")
REFUSED = _("受けつけられませんでした。")  # to a student, for whom the rule has no sentence
PROVE_PERSON = _(
    "はじめて同意する前に、マイナンバーカードで本人を確かめてください。"
    "カードがないときは、学校で紙で答えられます。同意しないときは、カードは要りません。"
)
NOT_PROVED = _(
    "ほかの先生が「あなたが自分で暗証番号を決めた」と確かめるまで、「同意する」とは答えられません。"
    "「同意しない」はいつでも送れます。"
)


# -- receipts -------------------------------------------------------------------------------------

NEXT_STEPS = {  # response -> what follows
    "given": _(
        "同意した項目は、必要な人の返事がそろったときだけつながります。"
        "そろうまで何もつながりません。"
    ),
    "refused": _(
        "同意しなかった項目・やめた項目は、つながりません。のこっていた記録は、もう読めません。"
        "このあと自動で消えます。"
    ),
    "later": _(
        "あとで決める項目は、決めるまでつながりません。「データの同意」からいつでもこたえられます。"
    ),
    "unsure": _("「話を聞きたい」と、学校に伝えました。先生が声をかけます。保護者には伝えません。"),
}
NEXT_UNPROVED = _(
    "同意しなかったものややめたものは、もう使いません。のこっていた記録は、"
    "暗証番号をあなたが決めたことを、別の先生が確かめたあとで消えます。"
)
NEXT_AWAITING_SCHOOL = _(
    "この返事は、学校の確認のあとに数えます。それまでは、何も始まらず、何も止まりません。"
    "変えたいときは、いつでも変えられます。"
)
NEXT_MAY_BE_INFORMED = _(
    "学校の確認までは、何も始まらず、何も止まりません。確認のときに、お返事を数える保護者か、"
    "知らせを受けるだけの保護者かを、学校が決めます。知らせを受けるだけの保護者のお返事は、数えません。"
)
NEXT_INFORMED = _(
    "あなたは、知らせを受ける保護者として登録されています。この返事は、いまは数えていません。"
)
HOW_TO_STOP = (
    _("やめたいときは、「データの同意」の「やめる」を押してください。すぐに止まります。"),
    _("やめたいときは、「あなたのデータ」の「やめる」を押してください。すぐに止まります。"),
)
NOTHING_CHANGES = _(
    "同意しなくても、学校生活・お知らせ・相談は変わりません。いつでもやめられます。理由は聞きません。"
)
RECEIPT_TITLE = _("受けつけました")
RECEIPT_FIELDS = {
    "number": _("受付番号"),
    "when": _("受けつけた時"),
    "student": _("お子さん"),
    "decided_as": _("返事をした人"),
    "answers": _("返事"),
}
PARTY_NAMES = {GUARDIAN: _("保護者"), STUDENT: _("本人")}
PROOF_LEAD = _("この受付には、加賀ポータルの署名がついています。")
PROOF_HOW = _(
    "QRコードを読むと、だれでも本物かどうかを確かめられます(サインインはいりません)。"
    "番号と時刻のほかは出ません。"
)
OVERVIEW_TITLE = (_("データの同意"), _("あなたのデータ"))
YOUR_CHILD = _("お子さん")  # for a record without a name: today's name is not used


def version_words(number):
    """Which version of the explanation somebody answered to."""
    return gettext("第%(n)s版の説明") % {"n": number}


# -- people ---------------------------------------------------------------------------------------

ROLE_NAMES = {  # role in the record -> who it was; names of staff are never shown
    **{role.value: role.label for role in Role},
    "guardian": _("保護者"),
    "student": (_("お子さん本人"), _("あなた")),
    "system": _("しくみ"),
}
UNKNOWN_ROLE = _("職員")


def role_name(role, party):
    """Who it was that acted in this role."""
    return for_party(ROLE_NAMES.get(str(role), UNKNOWN_ROLE), party)


# -- what ended -----------------------------------------------------------------------------------

SOURCE_NAMES = {  # whose rows a sweep deleted
    "linkage": _("連携した記録"),
    "checkins": _("チェックインの答え"),
    "cases": _("そこから自動でまとめたもの"),
}
END_REASONS = {  # EndReason -> why a link ended, to the student
    "decision": _("返事が変わったため"),
    "new_words": _("説明が新しくなったため"),
    "not_offered": _("この項目をたずねるのをやめたため"),
    "out_of_term": _("取り組みの期間が終わったため"),
    "not_enrolled": _("名簿から消えたため"),
    "alone": _("あなたが自分で決める年齢になったため"),
    "other": _("必要な人の返事がそろわなくなったため"),
    "replayed": _("バックアップをもどす前に、もう終わっていたため"),
    "lost": _("鍵が失われたため"),
}
MESSAGE_SENTENCES = {  # MessageKind -> one line; purposes, why
    "began": _("%(purposes)sが、つながりました。"),
    "ended": _("%(purposes)sの連携が終わりました(%(why)s)。のこっていた記録は、もう読めません。"),
    "new_words": _(
        "%(purposes)sの説明が新しくなりました。前の同意では使いません。"
        "変わったところを見て、もう一度こたえてください。"
    ),
    "lost": _(
        "%(purposes)sの記録をしまっていた鍵が失われました。だれかがやめたのではありません。"
        "前の記録は読めません。これからもつないでよいか、もう一度こたえてください。"
    ),
    "alone": _("%(purposes)sは、これからあなたが自分で決めます。決めるまで使いません。"),
}


def message_words(kind, why, purposes):
    """One line of a student's inbox about links that began or ended."""
    known = [purpose for purpose in purposes if purpose in PURPOSE_NAMES]
    return MESSAGE_SENTENCES[kind] % {
        "purposes": quoted_names(known),
        "why": END_REASONS[why] if why else "",
    }
