"""The sentences of the student's helpline pages; each is translated when it is shown.

Every sentence here must be approved by a counsellor or school nurse before real use, in the easy
Japanese that students read.
"""

from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from apps.core.languages import PageLanguage, speaking
from apps.core.templatetags.japanese import reading

# Raise it with any change of the easy Japanese here or in templates/helpline: it needs a new approval.
WORDS_VERSION = "2026-12-11"

WANTED = {
    "homeroom": _("担任の先生"),
    "nurse": _("保健室の先生"),
    "counsellor": _("スクールカウンセラー"),
    "other": _("ほかの先生"),
    "outside": _("学校の外の人"),
    "anyone": _("だれでもいい"),
}
TOPICS = {
    "friends": _("友だち"),
    "study": _("勉強"),
    "home": _("家"),
    "body": _("体や心"),
    "future": _("これからのこと"),
    "net": _("ネット"),
    "unsaid": _("うまく言えない"),
    "friend": _("友だちのことで、友だちを助けたい"),
}
ANSWER_WAYS = {  # -> label, what that means
    "here": (
        _("このページで読む"),
        _("返事が書かれると、お知らせが来ます。暗証番号を入れて読みます。"),
    ),
    "person": (
        _("人から直接聞く"),
        _("話を聞く人が、あなたに直接言います。返事は書かれません。お知らせも来ません。"),
    ),
    "school": (
        _("学校の中だけ"),
        _("学校にいるときに話します。このページに返事が書かれても、お知らせは来ません。"),
    ),
}
ADULT_TOPIC = _("先生や大人にいやなことをされた")  # offered where the city has a route for it
NO_ROUTE = _(
    "いまは、このことをここから送れません。下の電話に話してください。まだ、だれにも送っていません。"
)
OUTSIDE_ROLE = _("学校の外の人")  # the people of the city's route
SECRECY = _("命や体があぶないときは、あなたを守るために、ほかの大人に伝えることがあります。")
CHOOSE = _("だれと話したいか、えらんでください。")
UNKNOWN_CHOICE = _("この答えはえらべません。もう一度えらんでください。")
TOO_LONG = _("200字までで書いてください。")
PAGE_TOO_OLD = _("ページが古くなっています。もう一度送ってください。")
NOT_LISTED = _("この先生はいまえらべません。ほかの人をえらんでください。")
NOT_OPEN = _("この学校では、まだここから送れません。")
TOO_MANY_WAITING = _(
    "もう5つ届いています。先生が見るまで、待っていてください。"
    "急ぐときは、下の電話を使ってください。"
)
NOT_NOW_WITHOUT_PIN = _(
    "いまは、カードだけでは送れません。まだ、送っていません。下の電話か、近くの大人に話してください。"
)
TALK_IS_OVER = _("このやりとりは終わっています。もう一度、話したいと送ってください。")
TOO_MANY_MESSAGES = _(
    "もう5つ書きました。返事が来るまで、待っていてください。急ぐときは、下の電話を使ってください。"
)
WRITE_SOMETHING = _("言葉を書いてから、送ってください。")
TALK_ANSWERS = {
    "yes": _("その時間でいい"),
    "other_time": _("ほかの時間がいい"),
    "fine": _("もうだいじょうぶ"),
}
PIN_NOT_CONFIRMED = _("ほかの先生が「あなたがいた」と確かめるまで、取り消せません。")

HALTED = [
    _("いまは、自動で先生を呼ぶしくみが止まっています。"),
    _("送ったものはなくなりません。先生がここを開いたら見えます。"),
    _("急ぐときは、電話か、近くの大人に言ってください。"),
]
UNSEEN = _("まだだれも見ていません。")
UNSEEN_BY_FIRST = _("まだだれも見ていません。次の人にも知らせています。")
UNSEEN_BY_CHOSEN = _("あなたがえらんだ人は、まだ見ていません。")
SENT = _("送りました")
SENT_HEADING = _("送りました。")
CALLED = _("{who}に知らせました")
SEEN = _("{who}が見ました")
SEEN_HEADING = _("{who}が見ました。")
ANSWERED = _("{who}から返事が来ました")
CLOSED = _("先生が、この相談を終わりにしました")
CANCELLED = _("あなたが取り消しました")
NEXT = _("{at}ごろまでにだれも見ないときは、次の人にも知らせます。")
AGAIN = _("{at}ごろまでにだれも見ないときは、全員にもう一度知らせます。")

ROLE_PLACEHOLDER = "〔｜役割《やくわり》〕"  # no sentence
TIME_PLACEHOLDER = "〔｜時刻《じこく》〕"  # no sentence
HEADS = {  # state -> heading of the status page
    "cancelled": _("取り消しました。"),
    "answered": _("返事が来ました。"),
}


def commitment_sentences(watcher, second_after, *, is_open):
    """What happens after sending, as a list of sentences."""
    n = {"n": second_after}
    if is_open:
        wait = ngettext(
            "%(n)s分だれも見ないときは、次の人にも知らせます。",
            "%(n)s分だれも見ないときは、次の人にも知らせます。",
            second_after,
        )
    else:
        wait = ngettext(
            "見る時間になってから%(n)s分だれも見ないときは、次の人にも知らせます。",
            "見る時間になってから%(n)s分だれも見ないときは、次の人にも知らせます。",
            second_after,
        )
    return [
        gettext("あなたがえらんだ人に知らせます。「だれでもいい」のときは、%(who)sに知らせます。")
        % {"who": watcher},
        reading(wait % n),
        gettext(
            "だれがいつ見たかは、ここに出ます。返事は、あなたがえらんだとおりに来ます。いつでも取り消せます。"
        ),
    ]


def all_roles(roles):
    """Several roles as one phrase."""
    return pgettext("役割をつなぐ", "と").join(roles)


def all_student_sentences(second_after):
    """Every sentence of this file that a student may read, in easy Japanese, for approval."""
    with speaking(PageLanguage.EASY):
        return [
            *commitment_sentences(ROLE_PLACEHOLDER, second_after, is_open=True),
            *map(str, HALTED),
            str(SECRECY),
            "・".join(map(str, WANTED.values())),  # no sentence
            "・".join(map(str, (*TOPICS.values(), ADULT_TOPIC))),  # no sentence
            str(NO_ROUTE),
            *map(str, (UNSEEN_BY_FIRST, UNSEEN_BY_CHOSEN)),
            *(words.format(who=ROLE_PLACEHOLDER) for words in (CALLED, SEEN, ANSWERED)),
            *(words.format(at=TIME_PLACEHOLDER) for words in (NEXT, AGAIN)),
            *map(str, (CLOSED, CANCELLED, CHOOSE, UNKNOWN_CHOICE, TOO_LONG, PAGE_TOO_OLD)),
            *map(str, (TALK_IS_OVER, TOO_MANY_MESSAGES, WRITE_SOMETHING)),
            "・".join(map(str, TALK_ANSWERS.values())),  # no sentence
            *map(str, (NOT_LISTED, TOO_MANY_WAITING, NOT_NOW_WITHOUT_PIN)),
        ]
