"""The sentences of the consent pages: to the guardian and, with ruby, to the student. Pure.

A pair is always (to the guardian, to the student).
"""

GUARDIAN, STUDENT = "guardian", "student"

# why -> (to the guardian, to the student, badge)
EFFECTIVENESS = {
    "effective": ("つないでいます", "｜使《つか》って います", "midori"),
    "waiting_student": (
        "お子さんの返事をまっています",
        "あなたの ｜返事《へんじ》を まって います",
        "murasaki",
    ),
    "waiting_guardian": (
        "保護者の返事をまっています",
        "｜保護者《ほごしゃ》の ｜返事《へんじ》を まって います",
        "murasaki",
    ),
    "waiting_both": (
        "まだ返事がそろっていません",
        "まだ ｜返事《へんじ》が そろって いません",
        "plain",
    ),
    "guardian_refused": ("つないでいません", "｜使《つか》って いません", "plain"),
    "student_refused": (
        "つないでいません(本人の希望)",
        "｜使《つか》って いません(あなたの ｜返事《へんじ》)",
        "plain",
    ),
    "waiting_answer": (
        "まだ返事をしていません",
        "",
        "plain",
    ),  # a guardian who waits for the school
    "waiting_school": ("学校の確認のあとに数えます", "", "murasaki"),
    "waiting_school_decides": ("数えるかどうかは、学校が決めます", "", "murasaki"),
    "waiting_alone": (
        "お子さんが自分で決めます",
        "あなたが ｜決《き》める ことを まって います",
        "murasaki",
    ),
    "not_offered": ("いまはたずねていません", "いまは たずねて いません", "plain"),
    "out_of_term": ("期間の外です", "いまは ｜期間《きかん》では ありません", "plain"),
    "paused": (
        "いま止めています(だれも見ていません)",
        "いま ｜止《と》めて います(だれも ｜見《み》て いません)",
        "plain",
    ),
    "not_enrolled": ("名簿にのっていません", "｜名簿《めいぼ》に のって いません", "plain"),
}

PAUSED_NOW = ("いま止めています。", "いま ｜止《と》めて います。")  # where no badge says so
PAUSED = (
    "何も消していません。",
    "なにも ｜消《け》して いません。",
)
PAUSED_BY_CITY = (
    "市が見直しています。あなたやご家族がやめたのではありません。",
    "｜市《し》が ｜見直《みなお》して います。あなたや ｜保護者《ほごしゃ》が やめたのでは ありません。",
)
PAUSED_UNTIL = (  # {} a moment
    "{} を過ぎると消します。それまでは、だれも見ず、何も消しません。",
    "{} を ｜過《す》ぎると ｜消《け》します。それまでは、だれも ｜見《み》ないで、なにも ｜消《け》しません。",
)
KEY_DAMAGED = (
    "鍵がこわれて、いまは記録を読むことも、新しく残すこともできません。もう一度同意すると、これからの記録をまた使えます。前の記録は、元にもどらないことがあります。",
    "かぎが こわれて、いまは ｜記録《きろく》を ｜使《つか》えません。もう｜一度《いちど》「いいです」と "
    "｜答《こた》えると、これからの ｜記録《きろく》を また ｜使《つか》えます。",
)

PURPOSE_NAMES = {
    "checkin_review": ("チェックインの答え", "「きょうの わたし」の ｜答《こた》え"),
    "attendance": ("出席のようす", "｜出席《しゅっせき》の ようす"),
    "nurse_room": (
        "保健室に来た回数",
        "｜保健室《ほけんしつ》に ｜行《い》った ｜回数《かいすう》",
    ),
    "grades": ("成績の大きな変化", "｜成績《せいせき》の ｜大《おお》きな ｜変化《へんか》"),
    "mood_weather": ("心の天気", "｜心《こころ》の ｜天気《てんき》"),
    "study_log": ("学習のきろく", "｜学習《がくしゅう》の きろく"),
    "household": ("世帯の人数の区分", "｜家《いえ》の ｜人数《にんずう》"),
    "income": ("所得の区分", "｜家《いえ》の ｜収入《しゅうにゅう》の ｜区分《くぶん》"),
    "allowances": ("手当などを受けているか", "｜手当《てあて》などを ｜受《う》けて いるか"),
    "evaluation": (
        "名前を消した検証",
        "｜名前《なまえ》を ｜消《け》して ｜調《しら》べる こと",
    ),
}

RESPONSES = {  # response -> what was answered, on the receipt and in the overview
    "given": ("同意しました", "「いいです」と ｜答《こた》えました"),
    "refused": ("同意しませんでした", "「いやです」と ｜答《こた》えました"),
    "later": ("あとで決めます", "あとで ｜決《き》めます"),
    "unsure": ("まよっています", "わからないので、｜話《はなし》を ｜聞《き》きたいです"),
    "withdrawn": ("やめました", "やめました"),
}
RESPONSE_CHOICES = {  # response -> label of the radio button; all three look the same
    "given": ("同意する", "いいです"),
    "refused": ("同意しない", "いやです"),
    "later": ("あとで決める", "あとで ｜決《き》める"),
    "unsure": ("", "わからない。｜話《はなし》を ｜聞《き》きたい"),  # the student's alone
}

ROLE_NAMES = {  # role in the record -> who it was; names of staff are never shown
    "homeroom": ("担任", "｜担任《たんにん》の ｜先生《せんせい》"),
    "nurse": ("養護教諭", "｜保健室《ほけんしつ》の ｜先生《せんせい》"),
    "counsellor": ("スクールカウンセラー", "スクールカウンセラー"),
    "social_worker": ("スクールソーシャルワーカー", "スクールソーシャルワーカー"),
    "principal": (
        "管理職",
        "｜校長《こうちょう》｜先生《せんせい》か ｜教頭《きょうとう》｜先生《せんせい》",
    ),
    "year_head": ("学年主任", "｜学年《がくねん》｜主任《しゅにん》の ｜先生《せんせい》"),
    "office": ("事務", "｜学校《がっこう》の ｜事務《じむ》の ｜人《ひと》"),
    "teacher": ("教員", "｜先生《せんせい》"),
    "city": ("市の担当者", "｜市《し》の ｜人《ひと》"),
    "helpdesk": ("ヘルプデスク", "ヘルプデスクの ｜人《ひと》"),
    "privacy": (
        "個人情報保護の担当",
        "｜個人《こじん》｜情報《じょうほう》を ｜守《まも》る ｜人《ひと》",
    ),
    "family_centre": (
        "こども家庭センターの担当",
        "こども｜家庭《かてい》センターの ｜人《ひと》",
    ),
    "guardian": ("保護者", "｜保護者《ほごしゃ》"),
    "student": ("お子さん本人", "あなた"),
    "system": ("しくみ", "しくみ"),
}
UNKNOWN_ROLE = ("職員", "｜学校《がっこう》の ｜人《ひと》")

SOURCE_NAMES = {  # whose rows a sweep deleted
    "linkage": ("連携した記録", "｜学校《がっこう》などから もらった ｜記録《きろく》"),
    "checkins": ("チェックインの答え", "「きょうの わたし」の ｜答《こた》え"),
    "cases": ("そこから自動でまとめたもの", "しくみが まとめた もの"),
}
END_REASONS = {  # EndReason -> why a link ended
    "decision": ("返事が変わったため", "｜返事《へんじ》が ｜変《か》わったから"),
    "new_words": ("説明が新しくなったため", "｜説明《せつめい》が ｜新《あたら》しく なったから"),
    "not_offered": (
        "この項目をたずねるのをやめたため",
        "この ことを ｜聞《き》くのを やめたから",
    ),
    "out_of_term": ("取り組みの期間が終わったため", "｜期間《きかん》が ｜終《お》わったから"),
    "not_enrolled": ("名簿から消えたため", "｜名簿《めいぼ》から ｜消《き》えたから"),
    "alone": (
        "本人だけで決める年齢になったため",
        "あなたが ｜自分《じぶん》で ｜決《き》める ｜年《とし》に なったから",
    ),
    "other": (
        "必要な人の返事がそろわなくなったため",
        "みんなの ｜返事《へんじ》が そろわなく なったから",
    ),
    "replayed": (
        "バックアップをもどす前に、もう終わっていたため",
        "｜前《まえ》に もう おわって いたから",
    ),
    "lost": ("鍵が失われたため", "｜鍵《かぎ》が なくなったから"),
}
MESSAGE_SENTENCES = {  # MessageKind -> one line; {purposes}, {why}
    "began": ("{purposes}が、つながりました。", "{purposes}を ｜使《つか》いはじめました。"),
    "ended": (
        "{purposes}の連携が終わりました({why})。のこっていた記録は、もう読めません。",
        "{purposes}を ｜使《つか》うのを やめました({why})。もう だれも ｜読《よ》めません。",
    ),
    "new_words": (
        "{purposes}の説明が新しくなりました。前の同意では使いません。変わったところを見て、もう一度こたえてください。",
        "{purposes}の ｜説明《せつめい》が ｜新《あたら》しく なりました。もう｜一度《いちど》 ｜答《こた》えて ください。",
    ),
    "lost": (
        "{purposes}の記録をしまっていた鍵が失われました。だれかがやめたのではありません。前の記録は読めません。"
        "これからもつないでよいか、もう一度こたえてください。",
        "{purposes}を しまって いた ｜鍵《かぎ》が なくなりました。だれかが やめたのでは ありません。"
        "｜前《まえ》の ｜記録《きろく》は ｜読《よ》めません。もう｜一度《いちど》 ｜答《こた》えて ください。",
    ),
    "alone": (
        "{purposes}は、これからお子さん本人だけで決めます。本人があらためて決めるまで、使いません。",
        "{purposes}は、これから あなたが ｜自分《じぶん》で ｜決《き》めます。｜決《き》めるまで ｜使《つか》いません。",
    ),
}

# What continues elsewhere when a purpose ends, by the source of its data.
YOUR_CHILD = "お子さん"  # for a record without a name: today's name is not used
PORTAL_PURPOSES = {"checkin_review", "evaluation"}
WITHOUT_CONSENT = {  # purpose -> what its absence means, beyond "nothing changes"
    "checkin_review": (
        "同意がそろうまで、チェックイン「きょうの わたし」には答えられません(答えを安全にしまえないため)。",
        "｜返事《へんじ》が そろうまで、「きょうの わたし」は ｜使《つか》えません。",
    ),
}
WHAT_IS_DESTROYED = {  # purpose -> what is destroyed, where it is more than the linked records
    "checkin_review": (
        "これまでのチェックインの答え(お子さんも、自分の答えをふり返れなくなります)と、そこから自動でまとめたもの",
        "いままでの「きょうの わたし」の ｜答《こた》え(あなたも ｜見《み》られなく なります)",
    ),
    "evaluation": (
        "これから検証に使われること(名前を消してすでにまとめた数は、のこることがあります)",
        "これから ｜使《つか》われる こと(もう まとめた ｜数《かず》は のこる ことが あります)",
    ),
}


def message_words(kind, why, purposes, party):
    """One line of the inbox about links that began or ended."""
    names = [purpose_name(purpose, party) for purpose in purposes if purpose in PURPOSE_NAMES]
    quoted = [f"「{name}」" if party == GUARDIAN else name for name in names]
    return for_party(MESSAGE_SENTENCES[kind], party).format(
        purposes="、".join(quoted), why=for_party(END_REASONS[why], party) if why else ""
    )


def for_party(pair, party):
    """The text of a pair that is meant for this party."""
    return pair[0] if party == GUARDIAN else pair[1]


def effectiveness_words(why, party):
    """(sentence, badge colour) for an Effectiveness's ``why``."""
    return for_party(EFFECTIVENESS[why], party), EFFECTIVENESS[why][2]


def purpose_name(purpose, party):
    """What a purpose is called on the pages of this party."""
    return for_party(PURPOSE_NAMES[purpose], party)


def destroyed_words(purpose, party):
    """What withdrawing destroys, as one phrase."""
    plain = (
        f"このポータルにのこっている「{PURPOSE_NAMES[purpose][0]}」の記録と、そこから自動でまとめたもの",
        f"この ポータルに のこって いる {PURPOSE_NAMES[purpose][1]}の ｜記録《きろく》",
    )
    return for_party(WHAT_IS_DESTROYED.get(purpose, plain), party)
