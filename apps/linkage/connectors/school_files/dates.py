"""Parses days, months and school years as schools write them, if unambiguous. Pure.

Read: 2026-11-06, 2026/11/6, 2026.11.6, 20261106, 2026年11月6日, 令和8年11月6日, R8.11.6, each with or
without a day of the week (火) and a time after it; a wrong day of the week makes it invalid. Not
read: a year of two digits, and Excel's serial number of a day.
"""

import re
from datetime import date

_YEAR = r"(?:(?P<era>令和|R)\s*(?P<n>元|\d{1,2})|(?P<y>\d{4}))"
_TIME = r"(?:[\sT]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_WEEKDAYS = "月火水木金土日"
_WEEKDAY = rf"(?:\s*\((?P<w>[{_WEEKDAYS}])(?:曜日?)?\)|\s*(?P<v>[{_WEEKDAYS}])(?:曜日?)?)?"
_DAY = re.compile(
    rf"{_YEAR}(?:年\s*|[-/.])(?P<m>\d{{1,2}})(?:月\s*|[-/.])(?P<d>\d{{1,2}})日?{_WEEKDAY}{_TIME}",
    re.ASCII,
)
_DIGITS = re.compile(rf"(?P<y>\d{{4}})(?P<m>\d{{2}})(?P<d>\d{{2}}){_WEEKDAY}{_TIME}", re.ASCII)
_MONTH = re.compile(rf"{_YEAR}(?:年\s*|[-/.])(?P<m>\d{{1,2}})月?", re.ASCII)
_MONTH_DIGITS = re.compile(r"(?P<y>20\d{2})(?P<m>\d{2})", re.ASCII)
_SCHOOL_YEAR = re.compile(rf"{_YEAR}(?:年度)?", re.ASCII)
_MONTH_AND_DAY = re.compile(
    rf"(?P<m>\d{{1,2}})(?:月\s*|[-/.])(?P<d>\d{{1,2}})日?{_WEEKDAY}", re.ASCII
)
_SAYS_MONTH = re.compile(r"\d+月")
_SERIAL = re.compile(r"[3-5]\d{4}(?:\.\d+)?", re.ASCII)
_REIWA, _REIWA_BEGAN = 2018, date(2019, 5, 1)


def parse_day(text):
    """(ISO date, date) of a day, or None. ``text`` is normalised (normalise_text)."""
    found = _day_of(text)
    return found and (found.isoformat(), found)


def day_parser(begins):
    """A parser like ``parse_day`` that also reads a day without its year, as of the school year
    that ``begins`` then (a first of April). It does not read 11/6, which may mean other things.
    """

    def read(text):
        bare = _MONTH_AND_DAY.fullmatch(text)
        if bare and not (_SAYS_MONTH.match(text) or bare["w"] or bare["v"]):
            return None
        found = parse_day_of_school_year(text, begins)
        return found and (found.isoformat(), found)

    return read


def parse_month(text):
    """("YYYY-MM", its first day) of a month, or None."""
    found = _MONTH.fullmatch(text) or _MONTH_DIGITS.fullmatch(text)
    first = found and _date(_year(found), found["m"], 1)
    return first and (first.isoformat()[:7], first)


def parse_school_year(text):
    """A school year (2000 to 2099; it begins in April), or None."""
    found = _SCHOOL_YEAR.fullmatch(text)
    year = _year(found) if found else 0
    return year if 2000 <= year <= 2099 else None


def parse_day_of_school_year(text, begins):
    """The date of a day; without its year it is of the school year that ``begins`` (the first of
    April). None where it is no day.
    """
    whole = _day_of(text)
    found = None if whole else _MONTH_AND_DAY.fullmatch(text)
    if found is None:
        return whole
    return _of_weekday(_date(begins.year + (int(found["m"]) < 4), found["m"], found["d"]), found)


def is_excel_serial(text):
    """Whether a cell looks like Excel's serial number of a recent day (46337)."""
    return bool(_SERIAL.fullmatch(text))


def _day_of(text):
    found = _DAY.fullmatch(text) or _DIGITS.fullmatch(text)
    if found is None:
        return None
    day = _of_weekday(_date(_year(found), found["m"], found["d"]), found)
    in_era = day is None or not found.groupdict().get("era") or day >= _REIWA_BEGAN
    return day if in_era else None


def _of_weekday(day, found):
    """The date, or None where a wrong day of the week is written beside it."""
    weekday = found["w"] or found["v"]
    return day if day is None or not weekday or _WEEKDAYS[day.weekday()] == weekday else None


def _year(found):
    parts = found.groupdict()
    if parts.get("era"):
        return _REIWA + (1 if parts["n"] == "元" else int(parts["n"]))
    return int(parts["y"])


def _date(year, month, day):
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
