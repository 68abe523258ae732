"""Texts for staff pages: facts, purposes and rules."""

from datetime import date, datetime

from apps.cases.missing_data import MissingKind
from apps.cases.models import EventKind, EventSource
from apps.consent.models import Purpose
from apps.core.clock import JST
from apps.linkage.attendance_marks import AttendanceMark

SHORT_PURPOSES = {
    Purpose.CHECKIN_REVIEW: "チェックイン",
    Purpose.ATTENDANCE: "出席",
    Purpose.NURSE_ROOM: "保健室",
    Purpose.GRADES: "成績",
    Purpose.MOOD_WEATHER: "心の天気",
    Purpose.STUDY_LOG: "学習の記録",
    "casework": "学校の記録",
    Purpose.HOUSEHOLD: "世帯",
    Purpose.INCOME: "所得の区分",
    Purpose.ALLOWANCES: "手当",
}
MOOD_LABELS = {4: "とてもいい", 3: "いい", 2: "ふつう", 1: "すこしつらい", 0: "とてもつらい"}
MARK_LABELS = {
    AttendanceMark.PRESENT: "出席",
    AttendanceMark.LATE: "遅刻",
    AttendanceMark.EARLY: "早退",
    AttendanceMark.LATE_EARLY: "遅刻・早退",
    AttendanceMark.ABSENT_SICK: "病欠",
    AttendanceMark.ABSENT_OTHER: "事故欠",
    AttendanceMark.UNKNOWN: "欠席(理由不明)",
}
TALK_LABELS = {1: "近いうちに", 2: "きょう", 3: "いますぐ"}
WEEKLY_LABELS = {4: "いつも", 3: "よく", 2: "ときどき", 1: "あまり", 0: "ぜんぜん"}
WEEKLY_ITEMS = {
    "safe": "学校で安心して過ごせた",
    "friends": "話せる友だちや人がいた",
    "study": "授業や勉強についていけた",
    "home": "家でゆっくりできた",
    "meals": "ごはんを食べられた",
    "fun": "楽しいと思うことがあった",
}
DAY_HALVES = {"AM": "午前", "PM": "午後"}
VISIT_KINDS = {"INTERNAL": "内科", "SURGICAL": "外科", "COUNSEL": "相談", "OTHER": "その他"}
NOT_A_JUDGEMENT = (
    "気づきは判断ではありません。データは補助で、決めるのは人です。"
    "開くと、だれが・いつ・なぜ見たかが記録されます。"
)


def purpose_in_short(purpose):
    """A short name of a purpose."""
    return SHORT_PURPOSES.get(purpose, purpose)


def fact_in_words(item):
    """One stored fact ({on, what: value}) as (date, text)."""
    on, (what, value) = date.fromisoformat(item["on"]), _own_field(item)
    return on, FACT_WORDS[what](value)


def _own_field(item):
    return next((name, value) for name, value in item.items() if name != "on")


def day_in_short(day):
    """A date as 11月24日."""
    return f"{day.month}月{day.day}日"


def day_in_words(text):
    """An ISO date as 11月24日."""
    return day_in_short(date.fromisoformat(text))


FACT_WORDS = {
    "mood": lambda value: f"いまの気もち「{MOOD_LABELS.get(value, value)}」",
    "talk": lambda value: f"だれかと話したい「{TALK_LABELS.get(value, value)}」",
    "weekly": lambda pair: (
        f"{WEEKLY_ITEMS.get(pair[0], pair[0])}「{WEEKLY_LABELS.get(pair[1], pair[1])}」"
    ),
    "mark": lambda mark: MARK_LABELS.get(mark, mark),
    "visit": lambda pair: (
        f"保健室({DAY_HALVES.get(pair[0], pair[0])}・{VISIT_KINDS.get(pair[1], pair[1])})"
    ),
    "study": lambda days: f"この日までの7日間で、学習した日が{days}日",
    "grade": lambda pair: f"教科 {pair[0]} が{pair[1]}段階下がった",
    "event": lambda pair: f"{EventKind(pair[0]).label}({day_in_words(pair[1])}のこと)",
    "quiet": lambda pair: (
        f"この日まで、授業日{pair[0]}日のあいだ答えがない(さいごの答え {day_in_words(pair[1])})"
    ),
}


def source_in_words(source):
    """One stored source ({source, by, at, file}) in one line."""
    name = SHORT_PURPOSES.get(source["source"], source["source"]) or "もとの場所は記録なし"
    at = datetime.fromisoformat(source["at"]).astimezone(JST)
    file = f"・ファイル {source['file'][:12]}" if source["file"] else ""
    return f"{name}({at.month}月{at.day}日 {at:%H:%M} に届いた{file})"


def rule_in_short(rule):
    """A rule's title with its sign and version: 「… (R1 v1)」."""
    return f"{rule.title}({rule.code} v{rule.version})"


def event_in_words(content):
    """[(label, text)] of an opened event ({kind, on, source, words})."""
    return [
        ("どんなことか", EventKind(content["kind"]).label),
        ("いつのことか", day_in_words(content["on"])),
        ("どこから知ったか", EventSource(content["source"]).label),
        ("何があったか", content["words"]),
    ]


MISSING_WORDS = {
    MissingKind.NOT_AGREED: "同意がないので、見ていません",
    MissingKind.PAUSED: "いま止まっているので、見ていません",
    MissingKind.NO_SOURCE: "連携元がありません",
    MissingKind.NEVER_READ: "まだ一度も届いていません",
    MissingKind.LATE: "{month}月{day}日から新しいものが届いていません",
    MissingKind.NO_ANSWERS: "まだ答えがありません",
}


def missing_in_words(missing):
    """What is missing, and why, in one line."""
    why = MISSING_WORDS[missing.kind]
    if missing.since is not None:
        since = missing.since.astimezone(JST)
        why = why.format(month=since.month, day=since.day)
    return f"{purpose_in_short(missing.purpose)}: {why}"
