"""Texts for staff pages: facts, purposes and rules."""

from datetime import date

from apps.consent.models import Purpose
from apps.linkage.attendance_marks import AttendanceMark

SHORT_PURPOSES = {
    Purpose.CHECKIN_REVIEW: "チェックイン",
    Purpose.ATTENDANCE: "出席",
    Purpose.NURSE_ROOM: "保健室",
    Purpose.GRADES: "成績",
    Purpose.MOOD_WEATHER: "心の天気",
    Purpose.STUDY_LOG: "学習の記録",
    Purpose.HOUSEHOLD: "世帯",
    Purpose.INCOME: "所得の区分",
    Purpose.ALLOWANCES: "手当",
}
MOOD_LABELS = {4: "とてもいい", 3: "いい", 2: "ふつう", 1: "すこしつらい", 0: "とてもつらい"}
MARK_LABELS = {
    AttendanceMark.ABSENT_SICK: "病欠",
    AttendanceMark.ABSENT_OTHER: "事故欠",
    AttendanceMark.UNKNOWN: "欠席(理由不明)",
}
THRESHOLD_LABELS = {
    "days": "さかのぼる日数",
    "at_most": "気もちの答え(4 とてもいい … 0 とてもつらい)が、この値以下",
    "in_a_row": "つづいた回数・日数",
    "absences": "欠席の日数",
    "counts": "欠席に数える区分",
}
NOT_A_JUDGEMENT = (
    "気づきは判断ではありません。データは補助で、決めるのは人です。"
    "開くと、だれが・いつ・なぜ見たかが記録され、本人と保護者に見えます。"
)


def purpose_in_short(purpose):
    """A short name of a purpose."""
    return SHORT_PURPOSES.get(purpose, purpose)


def fact_in_words(item):
    """One stored fact ({on, mark} or {on, mood}) as (date, text)."""
    on = date.fromisoformat(item["on"])
    if "mood" in item:
        return on, f"いまの気もち「{MOOD_LABELS.get(item['mood'], item['mood'])}」"
    return on, MARK_LABELS.get(item["mark"], item["mark"])


def rule_in_short(rule):
    """A rule's title with its sign and version: 「… (R1 v1)」."""
    return f"{rule.title}({rule.code} v{rule.version})"


def thresholds_in_words(rule):
    """[(label, value)] of a rule's parameters."""
    return [
        (
            THRESHOLD_LABELS.get(name, name),
            "・".join(MARK_LABELS.get(mark, mark) for mark in value) if name == "counts" else value,
        )
        for name, value in rule.parameters.items()
    ]
