"""The sentences about わたしの情報, and its few facts in words. Pure: no Django.

A pair is always (to the guardian, to the student).
"""

from apps.core.counting import with_readings
from apps.linkage import self_info_states as states
from apps.linkage.self_info_reducing import ALLOWANCES, HOUSEHOLD, INCOME, SCHEMES

# state -> what happened, on the line of its time
STEPS = {
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
STANDS = {
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
        "同意がなくなったので、受け取りませんでした",
        "とちゅうで同意がやめられました。何も記録していません。",
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
BUSY = "マイナポータルがこみあっています。少し間をおいて、もう一度たしかめます。"
NEEDS_A_PERSON = ("refused", "format")

OUTCOMES = {  # of one purpose, where a session has ended
    states.KEPT: ("受け取り、まとめました", "midori"),
    states.NOTHING: ("記録はありませんでした", "plain"),
    states.NOT_ANSWERED: ("答えがもらえませんでした", "plain"),
    states.UNREADABLE: ("読めなかったので、記録していません", "aka"),
    states.TAKEN_BACK: ("同意がなくなったので、記録していません", "plain"),
}

NOT_YOURS = "この画面からは、つづけられません。時間がすぎたか、ほかの画面ではじめたものです。何も受け取っていません。"
TWICE = "もどってきたことは、もう受け付けています。もう一度押しても、何も変わりません。"
NOT_ANSWERABLE = "いま受け取れる項目がありません。同意がそろった項目だけを、受け取れます。"
CHOOSE = "受け取る項目を、1つはえらんでください。"
NOT_ASKED = "えらべない項目が入っています。ページを開きなおしてください。"
NUMBER_TYPED = "12けたの番号は、入れないでください。マイナンバー(個人番号)は聞きません。"
TOO_OFTEN = "短いあいだに何度もはじめています。1時間ほどたってから、やりなおしてください。"
NOT_SET_UP = "市の設定がまだおわっていないので、いまは受け取れません。"

FACTS = {
    HOUSEHOLD: (
        "おとな {adults}、子ども {children}{single}",
        "おとな {adults}、｜子《こ》ども {children}{single}",
    ),
    INCOME: ("{year}年度: {band}", "{year}｜年度《ねんど》: {band}"),
    ALLOWANCES: ("{scheme}: {receiving}{months}", "{scheme}: {receiving}{months}"),
}
SINGLE = ("(おとなは1人)", "(おとなは ｜1人《ひとり》)")
BANDS = {
    "non_taxable": ("非課税", "｜税金《ぜいきん》が かからない"),
    "flat_only": ("均等割のみ", "｜決《き》まった ｜額《がく》の ｜税金《ぜいきん》だけ"),
    "taxed": ("所得割あり", "｜収入《しゅうにゅう》に ｜応《おう》じた ｜税金《ぜいきん》が ある"),
}
RECEIVING = {
    True: ("受けています", "｜受《う》けて います"),
    False: ("受けていません", "｜受《う》けて いません"),
}
SCHEMES_TO_STUDENT = {
    "child_allowance": "｜児童《じどう》｜手当《てあて》",
    "child_rearing_allowance": "｜児童《じどう》｜扶養《ふよう》｜手当《てあて》",
    "school_aid": "｜就学《しゅうがく》｜援助《えんじょ》",
    "public_assistance": "｜生活《せいかつ》｜保護《ほご》",
    "disabled_child": "｜障害《しょうがい》の ある ｜子《こ》への ｜支援《しえん》",
}


def stands(state, why):
    """(heading, sentence) of where a session stands; what is not known here stands without why."""
    return STANDS.get((state, why)) or STANDS[(state, "")]


def fact(kind, data, is_student=False):
    """One kept fact in words; ``kind`` is one of the purposes."""
    side = int(is_student)
    if kind == HOUSEHOLD:
        more = {name: _people(data[name], side) for name in ("adults", "children")}
        more["single"] = SINGLE[side] if data["single_adult"] else ""
    elif kind == INCOME:
        more = {"band": BANDS[data["band"]][side]}
    else:
        named = (SCHEMES, SCHEMES_TO_STUDENT)[side][data["scheme"]]
        received = RECEIVING[data["receiving"]][side]
        more = {"scheme": named, "receiving": received, "months": _months(data, side)}
    return FACTS[kind][side].format(**{**data, **more})


def _people(n, side):
    return _counted(f"{n}人", side)


def _counted(words, side):
    """The words, for the student with their readings."""
    return with_readings(words) if side else words


def _months(data, side):
    ends = [data.get(end) or "" for end in ("from", "until")]
    if not any(ends):
        return ""
    first, last = (_counted(f"{end[:4]}年{int(end[5:])}月", side) if end else "" for end in ends)
    return f"({first} 〜 {last})"
