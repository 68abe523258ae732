"""Texts of the student's helpline pages, with readings. Pure: no Django.

Every sentence here must be approved by a counsellor or school nurse before real use.
"""

from apps.core.counters import with_readings

WORDS_VERSION = (
    "2026-12-3"  # raise it with any change below or in templates/helpline: it needs a new approval
)

WANTED = {
    "homeroom": "｜担任《たんにん》の ｜先生《せんせい》",
    "nurse": "｜保健室《ほけんしつ》の ｜先生《せんせい》",
    "counsellor": "スクールカウンセラー",
    "other": "ほかの ｜先生《せんせい》",
    "outside": "｜学校《がっこう》の ｜外《そと》の ｜人《ひと》",
    "anyone": "だれでも いい",
}
TOPICS = {
    "friends": "｜友《とも》だち",
    "study": "｜勉強《べんきょう》",
    "home": "｜家《いえ》",
    "body": "｜体《からだ》や ｜心《こころ》",
    "future": "これからの こと",
    "net": "ネット",
    "unsaid": "うまく ｜言《い》えない",
}
SECRECY = (
    "｜命《いのち》や ｜体《からだ》が あぶない ときは、あなたを ｜守《まも》るために、"
    "ほかの ｜大人《おとな》に ｜伝《つた》える ことが あります。"
)
CHOOSE = "だれと ｜話《はな》したいか、えらんで ください。"
UNKNOWN_CHOICE = "この ｜答《こた》えは えらべません。もう｜一度《いちど》 えらんで ください。"
TOO_LONG = "200｜字《じ》までで ｜書《か》いて ください。"
PAGE_TOO_OLD = (
    "ページが ｜古《ふる》く なって います。もう｜一度《いちど》 ｜送《おく》って ください。"
)
NOT_LISTED = (
    "この ｜先生《せんせい》は いま えらべません。ほかの ｜人《ひと》を えらんで ください。"
)

TOO_MANY_WAITING = (
    "もう 5つ とどいて います。｜先生《せんせい》が ｜見《み》るまで、まって いて ください。"
    "いそぐ ときは、｜下《した》の ｜電話《でんわ》を ｜使《つか》って ください。"
)
PIN_NOT_CONFIRMED = "ほかの ｜先生《せんせい》が「あなたが いた」と たしかめるまで、｜取《と》り｜消《け》せません。"
NAME_NEEDS_READING = "漢字には読みを付けてください。例: ｜山代《やましろ》 ｜先生《せんせい》"


def commitment_sentences(watcher, second_after, *, is_open):
    """What happens after sending, as a list of sentences."""
    count = "" if is_open else "｜見《み》る ｜時間《じかん》に なってから "
    wait = with_readings(f"{second_after}分")
    return [
        f"{watcher}と、あなたが えらんだ ｜人《ひと》に ｜知《し》らせます。",
        f"{count}{wait} だれも ｜見《み》ない ときは、つぎの ｜人《ひと》にも ｜知《し》らせます。",
        "だれが いつ ｜見《み》たかと、｜返事《へんじ》は、ここに ｜出《で》ます。"
        "いつでも ｜取《と》り｜消《け》せます。",
    ]


HALTED = [
    "いまは、ひとりでに ｜先生《せんせい》を よぶ しくみが とまって います。",
    "｜送《おく》った ものは なくなりません。｜先生《せんせい》が ここを ｜開《ひら》いたら ｜見《み》えます。",
    "いそぐ ときは、｜電話《でんわ》か、｜近《ちか》くの ｜大人《おとな》に ｜言《い》って ください。",
]
UNSEEN = "まだ だれも ｜見《み》て いません。"
OTHERS_CALLED = "つぎの ｜人《ひと》にも ｜知《し》らせて います。"
SENT = "｜送《おく》りました"
CALLED = "{who}に ｜知《し》らせました"
SEEN = "{who}が ｜見《み》ました"
ANSWERED = "{who}から ｜返事《へんじ》が ｜来《き》ました"
CLOSED = "｜先生《せんせい》が、この ｜相談《そうだん》を おわりに しました"
CANCELLED = "あなたが ｜取《と》り｜消《け》しました"
NEXT = "{at}ごろまでに だれも ｜見《み》ない ときは、つぎの ｜人《ひと》にも ｜知《し》らせます。"
AGAIN = "{at}ごろまでに だれも ｜見《み》ない ときは、｜全員《ぜんいん》に もう｜一度《いちど》 ｜知《し》らせます。"


ROLE_PLACEHOLDER = "〔｜役割《やくわり》〕"
HEADS = {  # state -> heading of the status page
    "cancelled": "｜取《と》り｜消《け》しました。",
    "answered": "｜返事《へんじ》が ｜来《き》ました。",
}


def all_student_sentences(second_after):
    """Every sentence of this file that a student may read, for approval."""
    return [
        *commitment_sentences(ROLE_PLACEHOLDER, second_after, is_open=True),
        *HALTED,
        SECRECY,
        "・".join(WANTED.values()),
        "・".join(TOPICS.values()),
        UNSEEN + OTHERS_CALLED,
        *(words.format(who=ROLE_PLACEHOLDER) for words in (CALLED, SEEN, ANSWERED)),
        *(words.format(at="〔｜時刻《じこく》〕") for words in (NEXT, AGAIN)),
        CLOSED,
        CANCELLED,
        CHOOSE,
        UNKNOWN_CHOICE,
        TOO_LONG,
        PAGE_TOO_OLD,
        NOT_LISTED,
        TOO_MANY_WAITING,
    ]


# (subject without our prefix, body): neither who nor what; details only after sign-in.
MAIL = (
    "見ていただきたいものがあります",
    "加賀ポータルに、あなたに見ていただきたいものがあります。\n\n{url}\n\n"
    "内容は、サインインしてからだけ読めます。このメールには返信しないでください。\n",
)
MAIL_DRILL = (
    "【練習】見ていただきたいものがあります",
    "これは練習です。次のページを開いて「見ました」をおしてください。\n\n{url}\n\n"
    "このメールには返信しないでください。\n",
)
