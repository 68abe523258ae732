"""The sentences of the check-in pages; each is translated when it is shown."""

from django.utils.translation import gettext_lazy as _

from apps.checkins.trend_rules import APART, FEW, HEAVIER, LIGHTER, LOWER, STEADY

READERS = _(
    "答えは、担任の先生、保健室の先生、スクールカウンセラー、校長先生や教頭先生が見ることがあります。"
)
WORDS_SHOWN_AGAIN = _("これから書く言葉は、いつもの先生みんなに見せます。")
SHORT_NAMES = {"mood": _("気持ち"), "body": _("体"), "sleep": _("眠り")}  # heads of columns
PAGE_TOO_OLD = _("ページが古くなっています。もう一度送ってください。")
CHOOSE_ONE = _("どれか1つをえらんでください。")
FREQUENCY_CHANGED = _("回数を変えました。いつでもまた変えられます。")
SENT = _("送りました。")

# frequencies: (value, label, explanation)
FREQUENCY_LABELS = (
    ("daily", _("毎日"), _("学校のある日にたずねます。")),
    ("thrice", _("週に3回"), _("3回答えたら、次の週までたずねません。")),
    ("weekly", _("週に1回"), _("1回答えたら、次の週までたずねません。")),
    ("rest", _("いまは休む"), _("また始めるまで、たずねません。")),
)
PAUSED_BY_CITY = _(
    "市が見直しているので、いま止めています。あなたや保護者がやめたのではありません。"
    "前の答えは消えていません。"
)
WHY_NOT_ASKED = {  # state of today -> (heading, explanation)
    "answered": (_("きょうのチェックインは終わりました"), _("もう一度送ってもいいです。")),
    "enough": (
        _("今週のチェックインは終わりました"),
        _("あなたがえらんだ回数です。もっと答えてもいいです。"),
    ),
    "holiday": (
        _("きょうは学校がお休みです"),
        _("チェックインもお休みです。話せる場所は、この下にあります。"),
    ),
    "paused": (
        _("チェックインをお休みしています"),
        _("あなたがえらびました。いつでもまた始められます。"),
    ),
}
TREND_WORDS = {
    FEW: _("まだ少ししかないので、比べられません。"),
    APART: _("質問が変わったので、前の答えとは比べられません。"),
    STEADY: _("気持ちはだいたい同じです。"),
    LIGHTER: _("はじめのころより、気持ちのいい日が増えています。"),
    LOWER: _("はじめのころより、気持ちが下がった日があります。"),
    HEAVIER: _("はじめのころより、つらい日が増えています。ひとりでがまんしなくていいです。"),
}
OUTSIDE_SCHOOL = _("学校の外の人")  # whoever reads words past the school
