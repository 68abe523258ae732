"""Each rule as one readable sentence with its numbers, and the bounds of each number. Pure."""

from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

SENTENCES = {
    "R1": _(
        "この{days}日の「いまの気もち」で、「{at_most}」以下の答えが{in_a_row}回以上つづいたとき。"
    ),
    "R2": _(
        "この{recent_days}日の気もちの平均が、その前のふだん(この{days}日の、本人の中央の値)より"
        "{fall}以上低いとき。{days}日で{answers}回以上答えている生徒だけ。"
    ),
    "R3": _(
        "この{days}日で欠席が{absences}日以上、または授業日{in_a_row}日以上つづけて欠席したとき。"
        "出席停止と忌引は数えない。"
    ),
    "R4": _("この{days}日で、保健室に{visits_at_least}回以上来たとき。"),
    "R5": _(
        "この7日で学習した日が、その前の本人の週平均の{percent}%以下になったとき。"
        "この{days}日のうち前の週に{active_days}日以上学習していた生徒だけ。休みの週は見ない。"
    ),
    "R6": _(
        "この{days}日のチェックインで、だれかと話したい「{at_least}」以上と答えたとき。すぐに出す。"
    ),
    "R7": _("この{days}日に、不登校・いじめ・その他の出来事を職員が記録したとき。すぐに出す。"),
    "R8": _(
        "授業日{quiet_days}日のあいだチェックインの答えがなく、この{days}日の後の半分で欠席が"
        "{absences}日以上あり、前の半分よりふえているとき。"
    ),
    "R9": _("この{days}日の週の質問で、同じ項目が{in_a_row}回つづけて「{at_most}」以下のとき。"),
    "R10": _("前の学期より{steps}段階以上下がった教科が、{subjects}教科以上あるとき。"),
    "P1": _(
        "よい変化: この{recent_days}日の気もちの平均が、その前のふだんより{rise}以上高いとき。"
        "{days}日で{answers}回以上答えている生徒だけ。"
    ),
    "P2": _(
        "よい変化: この{days}日に欠席が{absences}日以上(または{in_a_row}日つづけて)あったあと、"
        "{present}日登校したとき。"
    ),
    "P3": _(
        "よい変化: この{days}日のうち授業日{quiet_days}日以上答えがなかったあと、"
        "7日で{answers}回以上答えたとき。"
    ),
}
MOODS = {
    4: _("とてもいい"),
    3: _("いい"),
    2: _("ふつう"),
    1: _("すこしつらい"),
    0: _("とてもつらい"),
}
WEEKS = {4: _("いつも"), 3: _("よく"), 2: _("ときどき"), 1: _("あまり"), 0: _("ぜんぜん")}
TALKS = {1: _("近いうちに"), 2: pgettext_lazy("いつ話したいか", "きょう"), 3: _("いますぐ")}
VALUE_WORDS = {("R1", "at_most"): MOODS, ("R9", "at_most"): WEEKS, ("R6", "at_least"): TALKS}


def rule_sentence(code: str, parameters: dict[str, Any]) -> str:
    """The sentence of a rule with these thresholds."""
    numbers = {name: value for name, value in parameters.items() if not isinstance(value, list)}
    words = {
        name: VALUE_WORDS.get((code, name), {}).get(value, value) for name, value in numbers.items()
    }
    return str(SENTENCES[code]).format(**words)


class Threshold(NamedTuple):
    """One number of a rule that a city may change: its name for people, least and most."""

    label: Promise | str
    least: float
    most: float


DAYS, IN_A_ROW = _("さかのぼる日数"), _("つづいた回数・日数")
_LABELS = {
    "days": Threshold(DAYS, 7, 90),
    "recent_days": Threshold(_("くらべるさいごの日数"), 3, 14),
    "in_a_row": Threshold(IN_A_ROW, 2, 10),
    "at_most": Threshold(_("この値以下の答え(0がいちばんつらい)"), 0, 2),
    "at_least": Threshold(_("この値以上の答え(3がいますぐ)"), 1, 3),
    "fall": Threshold(_("下がった大きさ"), 0.5, 4),
    "rise": Threshold(_("上がった大きさ"), 0.5, 4),
    "answers": Threshold(_("答えの回数"), 2, 60),
    "absences": Threshold(_("欠席の日数"), 1, 30),
    "visits_at_least": Threshold(_("保健室に来た回数"), 2, 30),
    "percent": Threshold(_("ふだんの何%以下"), 10, 90),
    "active_days": Threshold(_("前の週に学習した日数"), 2, 28),
    "quiet_days": Threshold(_("答えのない授業日"), 3, 30),
    "steps": Threshold(_("下がった段階"), 1, 4),
    "subjects": Threshold(_("教科の数"), 1, 10),
    "present": Threshold(_("登校した日数"), 1, 10),
}
FIXED = {("R5", "days"), ("R10", "days")}  # what the data kept allows, no choice


def thresholds_of(code: str, parameters: dict[str, Any]) -> dict[str, Threshold]:
    """{name: Threshold} of the numbers of a rule that may be changed."""
    return {
        name: _LABELS[name] for name in parameters if name in _LABELS and (code, name) not in FIXED
    }
