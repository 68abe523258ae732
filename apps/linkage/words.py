"""Linked facts in words: a pair of sentences, for adults and, with ruby, for the student. Pure.

An unknown code is shown as it is stored: better a code than a fact left out.
"""

from datetime import date, datetime

from apps.core.counters import with_readings
from apps.core.time_zone import JST
from apps.linkage.attendance_marks import AttendanceMark
from apps.linkage.self_info_facts import ALLOWANCES, HOUSEHOLD, INCOME, PURPOSES, SCHEMES
from apps.linkage.study_weeks import week_start

ATTENDANCE_WORDS = {
    AttendanceMark.PRESENT: ("出席", "｜出席《しゅっせき》"),
    AttendanceMark.ABSENT_SICK: ("病欠", "｜病気《びょうき》で ｜休《やす》み"),
    AttendanceMark.ABSENT_OTHER: ("欠席", "｜休《やす》み"),
    AttendanceMark.SUSPENDED: ("出席停止", "｜出席《しゅっせき》｜停止《ていし》"),
    AttendanceMark.BEREAVEMENT: ("忌引", "｜忌引《きびき》"),
    AttendanceMark.LATE: ("遅刻", "｜遅刻《ちこく》"),
    AttendanceMark.EARLY: ("早退", "｜早退《そうたい》"),
    AttendanceMark.LATE_EARLY: ("遅刻・早退", "｜遅刻《ちこく》・｜早退《そうたい》"),
    AttendanceMark.UNKNOWN: ("欠席(理由不明)", "｜休《やす》み(わけは わからない)"),
}
DAY_HALF_WORDS = {"AM": ("午前", "｜午前《ごぜん》"), "PM": ("午後", "｜午後《ごご》")}
VISIT_WORDS = {
    "INTERNAL": ("内科", "からだの ｜具合《ぐあい》"),
    "SURGICAL": ("外科", "けが"),
    "COUNSEL": ("相談", "｜相談《そうだん》"),
    "OTHER": ("その他", "ほかの こと"),
}
WEATHER_WORDS = {
    "sunny": ("晴れ", "｜晴《は》れ"),
    "cloudy": ("曇り", "くもり"),
    "rainy": ("雨", "｜雨《あめ》"),
    "thunder": ("雷", "かみなり"),
}
TERM_WORDS = {
    "1": ("1学期", "1｜学期《がっき》"),
    "2": ("2学期", "2｜学期《がっき》"),
    "3": ("3学期", "3｜学期《がっき》"),
    "FIRST": ("前期", "｜前期《ぜんき》"),
    "SECOND": ("後期", "｜後期《こうき》"),
}
VERB_WORDS = {  # the last part of the verb's URL
    "answered": ("問題に答えた", "｜問題《もんだい》に ｜答《こた》えた"),
    "completed": ("終えた", "おわった"),
    "progressed": ("進めた", "｜進《すす》めた"),
    "launched": ("開いた", "｜開《ひら》いた"),
    "viewed": ("見た", "｜見《み》た"),
    "created": ("作った", "｜作《つく》った"),
}
DAY_COUNT_WORDS = {  # counts of 指導要録「出欠の記録」
    "lessons": ("授業", "｜授業《じゅぎょう》"),
    "excused": (
        "出席停止・忌引など",
        "｜出席《しゅっせき》｜停止《ていし》や ｜忌引《きびき》など",
    ),
    "absent": ("欠席", "｜休《やす》み"),
    "present": ("出席", "｜出席《しゅっせき》"),
}
TIME_COUNT_WORDS = {"late": ("遅刻", "｜遅刻《ちこく》"), "early": ("早退", "｜早退《そうたい》")}


FACT_WORDS = {
    HOUSEHOLD: (
        "おとな {adults}、子ども {children}{single}",
        "おとな {adults}、｜子《こ》ども {children}{single}",
    ),
    INCOME: ("{year}年度: {band}", "{year}｜年度《ねんど》: {band}"),
    ALLOWANCES: ("{scheme}: {receiving}{months}", "{scheme}: {receiving}{months}"),
}
SINGLE_ADULT_WORDS = ("(おとなは1人)", "(おとなは ｜1人《ひとり》)")
INCOME_BAND_WORDS = {
    "non_taxable": ("非課税", "｜税金《ぜいきん》が かからない"),
    "flat_only": ("均等割のみ", "｜決《き》まった ｜額《がく》の ｜税金《ぜいきん》だけ"),
    "taxed": ("所得割あり", "｜収入《しゅうにゅう》に ｜応《おう》じた ｜税金《ぜいきん》が ある"),
}
RECEIVING_WORDS = {
    True: ("受けています", "｜受《う》けて います"),
    False: ("受けていません", "｜受《う》けて いません"),
}
SCHEME_WORDS_FOR_STUDENTS = {
    "child_allowance": "｜児童《じどう》｜手当《てあて》",
    "child_rearing_allowance": "｜児童《じどう》｜扶養《ふよう》｜手当《てあて》",
    "school_aid": "｜就学《しゅうがく》｜援助《えんじょ》",
    "public_assistance": "｜生活《せいかつ》｜保護《ほご》",
    "disabled_child": "｜障害《しょうがい》の ある ｜子《こ》への ｜支援《しえん》",
}


def fact_words(kind, data):
    """(for adults, for the student) of one opened fact (dict) of a ``kind``."""
    if kind in PURPOSES:
        return tuple(self_info_fact_words(kind, data, student) for student in (False, True))
    tell = _TELLING.get(kind, _as_it_is)
    try:
        return tell(data, 0), tell(data, 1)
    except (KeyError, TypeError, ValueError):  # stored before its fields were as they are now
        return _as_it_is(data, 0), _as_it_is(data, 1)


def fact_sort_key(data):
    """The day (ISO text) of an opened fact, to sort facts by; "" where it has none."""
    if "week" in data:
        return week_start(data["week"]).isoformat()
    if "term" in data:
        return f"{data['year']}-04"  # the school year it belongs to
    return str(data.get("date") or data.get("timestamp") or data.get("month") or "")[:10]


def _as_it_is(data, _):
    return " ".join(str(value) for value in data.values())


def _daily(data, side):
    return f"{_day(data['date'], side)} {_word(ATTENDANCE_WORDS, data['mark'], side)}"


def _monthly(data, side):
    days = (
        f"{DAY_COUNT_WORDS[name][side]} {data[name]}日" for name in DAY_COUNT_WORDS if name in data
    )
    times = (
        f"{TIME_COUNT_WORDS[name][side]} {data[name]}回"
        for name in TIME_COUNT_WORDS
        if name in data
    )
    year, month = data["month"].split("-")
    return _counted(f"{year}年{int(month)}月: " + "、".join([*days, *times]), side)


def _nurse(data, side):
    half, visit = _word(DAY_HALF_WORDS, data["half"], side), _word(VISIT_WORDS, data["visit"], side)
    return f"{_day(data['date'], side)} {half} {visit}"


def _grades(data, side):
    year = _counted(f"{data['year']}年度", side)
    when = f"{year} {_word(TERM_WORDS, data['term'], side)}"
    what = f"{('教科', '｜教科《きょうか》')[side]} {data['subject']}: {'・'.join(data['aspects'])}"
    rated = (
        f" {('評定', '｜評定《ひょうてい》')[side]} {data['rating']}" if "rating" in data else ""
    )
    return f"{when} {what}{rated}"


def _weather(data, side):
    return f"{_day(data['date'], side)} {_word(WEATHER_WORDS, data['weather'], side)}"


def _statement(data, side):
    on = datetime.fromisoformat(data["timestamp"]).astimezone(JST).date().isoformat()
    verb = data.get("verb", "").rstrip("/").rpartition("/")[2]
    known = VERB_WORDS.get(verb, ("学習した", "｜学習《がくしゅう》した"))
    return f"{_day(on, side)} {known[side]}"


def _week(data, side):
    began = _day(week_start(data["week"]).isoformat(), side)
    minutes = data.get("seconds", 0) // 60
    return (
        f"{began}{('からの1週間', 'からの 1｜週間《しゅうかん》')[side]}: "
        f"{('記録', '｜記録《きろく》')[side]} {data['n']}、"
        f"{VERB_WORDS['answered'][side]} {data['answered']}"
        f"({('正解', '｜正解《せいかい》')[side]} {data['right']})、"
        f"{VERB_WORDS['completed'][side]} {data['completed']}、{_counted(f'{minutes}分', side)}"
    )


_TELLING = {
    "attendance_daily": _daily,
    "attendance_monthly": _monthly,
    "nurse_visit": _nurse,
    "grades": _grades,
    "kokoro_tenki": _weather,
    "statement": _statement,
    "study_week": _week,
}


def _day(iso, side):
    day = date.fromisoformat(iso)
    return _counted(f"{day.month}月{day.day}日", side)


def _counted(words, side):
    """The counts in words; the student's with readings."""
    return with_readings(words) if side else words


def _word(table, code, side):
    return table[code][side] if code in table else code


def self_info_fact_words(kind, data, is_student=False):
    """One stored fact in words; ``kind`` is one of the purposes."""
    side = int(is_student)
    if kind == HOUSEHOLD:
        more = {name: _people(data[name], side) for name in ("adults", "children")}
        more["single"] = SINGLE_ADULT_WORDS[side] if data["single_adult"] else ""
    elif kind == INCOME:
        more = {"band": INCOME_BAND_WORDS[data["band"]][side]}
    else:
        named = (SCHEMES, SCHEME_WORDS_FOR_STUDENTS)[side][data["scheme"]]
        received = RECEIVING_WORDS[data["receiving"]][side]
        more = {"scheme": named, "receiving": received, "months": _months(data, side)}
    return FACT_WORDS[kind][side].format(**{**data, **more})


def _people(n, side):
    return _counted(f"{n}人", side)


def _months(data, side):
    ends = [data.get(end) or "" for end in ("from", "until")]
    if not any(ends):
        return ""
    first, last = (_counted(f"{end[:4]}年{int(end[5:])}月", side) if end else "" for end in ends)
    return f"({first} 〜 {last})"
