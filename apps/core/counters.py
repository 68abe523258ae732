"""Numbers with their counters in Japanese: which counter fits, and how the two are read. Pure.

``counted(10, "つ")`` is 「10こ」: つ counts only from one to nine. ``with_readings("3日")`` is
``｜3日《みっか》``: where a number changes how its counter is read, one ruby stands over both.
"""

import re

RUBY = re.compile(r"｜([^｜《》]+)《([^｜《》]+)》")
WEEKDAYS = "月火水木金土日"
WEEKDAY_READINGS = dict(
    zip(WEEKDAYS, ("げつ", "か", "すい", "もく", "きん", "ど", "にち"), strict=True)
)
DAYS = {  # of a month; the first of a month is ついたち, one day of work いちにち
    1: "いちにち", 2: "ふつか", 3: "みっか", 4: "よっか", 5: "いつか", 6: "むいか", 7: "なのか",
    8: "ようか", 9: "ここのか", 10: "とおか", 14: "じゅうよっか", 20: "はつか", 24: "にじゅうよっか",
}  # fmt: skip
HOURS = {
    0: "れい", 4: "よ", 7: "しち", 9: "く", 14: "じゅうよ", 17: "じゅうしち", 19: "じゅうく",
    24: "にじゅうよ",
}  # fmt: skip
READ_PUN, READ_FUN = "ぷん", "ふん"
COUNTERS = {  # counter -> its usual reading, the longer ones first
    "時間": "じかん", "週間": "しゅうかん", "か月": "かげつ", "年度": "ねんど", "年生": "ねんせい",
    "番目": "ばんめ", "年": "ねん", "月": "がつ", "日": "にち", "時": "じ", "分": READ_FUN,
    "秒": "びょう", "人": "にん", "回": "かい", "件": "けん", "歳": "さい", "字": "じ", "番": "ばん",
    "枚": "まい", "台": "だい", "組": "くみ", "点": "てん",
}  # fmt: skip
SPECIAL = {  # counter -> {number: how number and counter are read together}
    "日": DAYS,
    "月": {4: "しがつ", 7: "しちがつ", 9: "くがつ"},
    "時": {n: f"{hour}じ" for n, hour in HOURS.items()},
    "時間": {n: f"{hour}じかん" for n, hour in HOURS.items() if n},
    "人": {1: "ひとり", 2: "ふたり", 4: "よにん"},
    "歳": {20: "はたち"},
}
TSU_NUMBERS = range(1, 10)
_PARTS = re.compile(
    rf"{RUBY.pattern}|(?P<n>\d[\d,.]*)(?P<counter>{'|'.join(COUNTERS)})|\((?P<weekday>[{WEEKDAYS}])\)"
)


def counted(n, unit, beyond="こ"):
    """「3つ」「10こ」「3件」: ``n`` things; where つ does not reach, ``beyond`` counts them."""
    if unit == "つ" and n not in TSU_NUMBERS:
        unit = beyond
    return f"{n}{unit}"


MAX_DIGITS = 12  # longer ones get no reading


def reading_of(n, counter, is_date=False):
    """(kana over number and counter, kana over the counter alone): one of the two is "".

    ``n`` is the number as text; what is no whole number is read with the usual counter.
    Raises KeyError for a counter not known here.
    """
    if not n.isdecimal() or len(n) > MAX_DIGITS:
        return "", COUNTERS[counter]
    number = int(n)
    if counter == "日" and number == 1 and is_date:
        return "ついたち", ""
    if number in SPECIAL.get(counter, {}):
        return SPECIAL[counter][number], ""
    if counter == "分" and number and number % 10 not in (2, 5, 7, 9):
        return "", READ_PUN
    return "", COUNTERS[counter]


def with_readings(text):
    """The text with ruby over each counter that follows a number, and over a weekday in (…)."""
    return _PARTS.sub(_read, text)


def _read(found):
    if found["weekday"]:
        return f"(｜{found['weekday']}《{WEEKDAY_READINGS[found['weekday']]}》)"
    if not found["n"]:
        return found[0]  # it has its reading
    n, counter = found["n"], found["counter"]
    both, alone = reading_of(n, counter, found.string[: found.start()].endswith("月"))
    return f"｜{n}{counter}《{both}》" if both else f"{n}｜{counter}《{alone}》"
