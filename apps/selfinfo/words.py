"""The sentences of わたしの情報. Pure: no Django.

Facts in words are in apps.linkage.words.
"""

from apps.selfinfo import session_states as states

# state -> what happened, beside its time
STEP_WORDS = {
    states.CREATED: "はじめました",
    states.AUTHORISING: "マイナポータルへ移りました",
    states.REQUESTED: "もどってきたので、マイナポータルにたのみました",
    states.POLLING: "マイナポータルの用意をまっています",
    states.NOTIFIED: "用意ができたと、マイナポータルから知らせが来ました",
    states.FETCHED: "答えを受け取りました",
    states.REDUCED: "人数や区分だけにまとめました",
    states.DISCARDED: "まとめたものだけを記録し、もとの答えを捨てました",
    states.NO_DATA: "のっている記録はありませんでした",
    states.UNSUPPORTED: "マイナポータルから答えがありませんでした",
    states.DENIED: "受け取らずにおわりました",
    states.EXPIRED: "時間がすぎたので、おわりました",
    states.ERROR: "うまくいかなかったので、おわりました",
}
# state (and why it came to that) -> (heading, what it means and what can be done now)
STATUS_WORDS = {
    (states.CREATED, ""): (
        "これからマイナポータルへ移ります",
        "画面が変わらないときは、はじめからやりなおしてください。まだ何も受け取っていません。",
    ),
    (states.AUTHORISING, ""): (
        "マイナポータルからもどるのをまっています",
        "マイナポータルの画面で、カードの読み取りをつづけてください。閉じてしまったときは、はじめからやりなおせます。まだ何も受け取っていません。",
    ),
    (states.AUTHORISING, "back"): (
        "マイナポータルにたのんでいます",
        "もどってきたことを受け付けました。このページを閉じても、つづけて進みます。",
    ),
    (states.REQUESTED, ""): (
        "マイナポータルにたのみました",
        "答えが用意されるまで、数分かかることがあります。このページを閉じても、つづけて進みます。",
    ),
    (states.POLLING, ""): (
        "マイナポータルの用意をまっています",
        "答えが用意されるまで、数分かかることがあります。このページを閉じても、つづけて進みます。",
    ),
    (states.NOTIFIED, ""): (
        "答えの用意ができました",
        "いま受け取っています。このページを閉じても、つづけて進みます。",
    ),
    (states.DISCARDED, ""): (
        "おわりました",
        "人数や区分だけを記録しました。もとの答え(名前、生年月日、金額など)は捨てました。",
    ),
    (states.NO_DATA, ""): (
        "のっている記録はありませんでした",
        "まちがいではありません。マイナポータルに、この項目の記録がないという答えでした。",
    ),
    (states.UNSUPPORTED, ""): (
        "この項目の答えはもらえませんでした",
        "お住まいの自治体が、この項目をマイナポータルに出していないようです。あなたやお子さんのせいではありません。学校の支援の相談は、このデータがなくてもできます。",
    ),
    (states.DENIED, ""): (
        "マイナポータルで「わたさない」がえらばれました",
        "何も受け取っていません。それでも学校生活、お知らせ、相談は変わりません。",
    ),
    (states.DENIED, "withdrawn"): (
        "受け取らずにおわりました",
        "受け取れるのは、両方が同意している項目だけです。お子さんの答えは、ここには出ません。何も記録していません。",
    ),
    (states.DENIED, "not_guardian"): (
        "受け取らずにおわりました",
        "とちゅうで、保護者としての登録がおわりました。何も記録していません。",
    ),
    (states.EXPIRED, ""): (
        "時間がすぎました",
        "何も受け取っていません。もう一度、はじめからやりなおせます。",
    ),
    (states.EXPIRED, "again"): (
        "はじめからやりなおしました",
        "こちらの受付は使いません。新しい受付をごらんください。",
    ),
    (states.EXPIRED, "slow"): (
        "30分まちましたが、答えが来ませんでした",
        "マイナポータルがこみあっているのかもしれません。何も受け取っていません。時間をおいて、やりなおしてください。",
    ),
    (states.ERROR, ""): (
        "うまくいきませんでした",
        "何も受け取っていません。時間をおいて、やりなおしてください。",
    ),
    (states.ERROR, "refused"): (
        "いま、マイナポータルにつながりません",
        "このポータルの設定を、市の担当者が確かめます(知らせました)。あなたの操作のまちがいではありません。何も受け取っていません。",
    ),
    (states.ERROR, "format"): (
        "受け取った答えが読めませんでした",
        "思っていた形とちがう答えでした。市の担当者が確かめます(知らせました)。何も記録していません。",
    ),
    (states.ERROR, "cut"): (
        "マイナポータルとのやりとりが、とちゅうで切れました",
        "何も受け取っていません。もう一度、はじめからやりなおしてください。",
    ),
}
BUSY_NOTE = "マイナポータルがこみあっています。少し間をおいて、もう一度たしかめます。"
STAFF_REASONS = ("refused", "format")

OUTCOME_WORDS = {  # outcome of one purpose, where a session has ended
    states.KEPT: ("受け取り、まとめました", "midori"),
    states.NOTHING: ("記録はありませんでした", "plain"),
    states.NOT_ANSWERED: ("答えがもらえませんでした", "plain"),
    states.UNREADABLE: ("読めなかったので、記録していません", "aka"),
    states.CONSENT_WITHDRAWN: ("記録していません", "plain"),
}

SESSION_NOT_FOUND = "この画面からは、つづけられません。時間がすぎたか、ほかの画面ではじめたものです。何も受け取っていません。"
ALREADY_RETURNED = "もどってきたことは、もう受け付けています。もう一度押しても、何も変わりません。"
NOTHING_AVAILABLE = "いま受け取れる項目がありません。同意がそろった項目だけを、受け取れます。"
CHOOSE_PURPOSE = "受け取る項目を、1つはえらんでください。"
PURPOSE_NOT_OFFERED = "えらべない項目が入っています。ページを開きなおしてください。"
INDIVIDUAL_NUMBER_ENTERED = (
    "12けたの番号は、入れないでください。マイナンバー(個人番号)は聞きません。"
)
TOO_MANY_SESSIONS = "短いあいだに何度もはじめています。1時間ほどたってから、やりなおしてください。"
NOT_IN_USE = "いまは受け取れません。つながるのは、両方が同意したものだけです。お子さんの答えは、ここには出ません。"
NOT_CONFIGURED = "市の設定がまだおわっていないので、いまは受け取れません。"


def session_status_words(state, why):
    """(heading, sentence) of a session's status; an unknown reason is left out."""
    return STATUS_WORDS.get((state, why)) or STATUS_WORDS[(state, "")]
