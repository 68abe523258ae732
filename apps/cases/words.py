"""How facts, purposes and findings read on a staff page."""

from apps.consent.models import Purpose

SHORT = {
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
MOODS = {4: "とてもいい", 3: "いい", 2: "ふつう", 1: "すこしつらい", 0: "とてもつらい"}
MARKS = {
    "ABSENT_SICK": "病欠",
    "ABSENT_OTHER": "事故欠",
    "UNKNOWN": "欠席(理由不明)",
}
NOT_A_JUDGEMENT = (
    "気づきは判断ではありません。データは補助で、決めるのは人です。"
    "開くと、だれが・いつ・なぜ見たかが記録され、本人と保護者に見えます。"
)


def purpose_in_short(purpose):
    """A purpose in a few characters."""
    return SHORT.get(purpose, purpose)


def fact_in_words(item):
    """One kept fact ({on, mark} or {on, mood}) as (day as ISO, words)."""
    if "mood" in item:
        return item["on"], f"いまの気もち「{MOODS.get(item['mood'], item['mood'])}」"
    return item["on"], MARKS.get(item["mark"], item["mark"])


def rule_in_short(rule):
    """A rule's title with its sign and version: 「… (R1 v1)」."""
    return f"{rule.title}({rule.code} v{rule.version})"
