"""Writes and reads hours as one cell of a table: 「月-金 08:30-17:15; 土 09:00-12:00」. Pure.

Common ways of writing are read where clear: 「平日 9時～17時」「月・水 午後1時から4時まで」. Anything else is reported,
never guessed.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, time
from itertools import groupby

from apps.notices.opening_hours import OpeningSlot, SpecialHours

WEEKDAY_LETTERS = "月火水木金土日"
FORMAT_HINT = "「月-金 08:30-17:15」の形で書いてください。"
_DASH = r"(?:[-~]|から)"
_TIME = r"(?:(?:午前|午後|翌朝?|am|pm)?\s*\d{1,2}(?::\d\d|時半|時(?:\d{1,2}分)?)|正午)"
_PART = re.compile(
    rf"(?P<holidays>[(]?(?:祝日?|祝祭日)(?:は|を)?\s*(?:お?休み?|除く|のぞく|休業|休館)[)]?)"
    rf"|(?P<always>24時間(?:365日)?|終日)"
    rf"|(?P<hours>{_TIME}\s*{_DASH}\s*{_TIME}(?:まで)?|\d{{1,2}}\s*{_DASH}\s*\d{{1,2}}時(?:まで)?)"
    rf"|(?P<days>平日|毎日|全日|[{WEEKDAY_LETTERS}](?:\s*{_DASH}?\s*[{WEEKDAY_LETTERS}](?!時))*)"
    rf"|(?P<between>[\s;,、/・:とのは]+)"
    rf"|(?P<strange>.)"
)
_CLOCK = re.compile(
    r"(午前|午後|翌朝?|am|pm)?\s*(?:(\d{1,2})(?::(\d\d)|時半|時(?:(\d{1,2})分)?)?|(正午))"
)
_SPECIAL = re.compile(
    r"(毎年 )?(\d{4}-\d\d-\d\d)(?:~(\d{4}-\d\d-\d\d))? (?:(休み)|(\d{1,2}:\d\d)-(\d{1,2}:\d\d))(?: (.{1,60}))?"
)
ALLOWED_YEARS = range(2000, 2100)


class HoursFormatError(ValueError):
    """A cell cannot be read; the message says which part and how to write it."""


@dataclass(frozen=True)
class ParsedHours:
    """The parsed cell; 平日 and 「祝日を除く」 both mean closed on holidays."""

    openings: tuple[OpeningSlot, ...] = ()
    rests_on_holidays: bool = False
    always: bool = False


def write_openings(openings):
    """OpeningSlots as one cell; days with the same hours are grouped."""
    rows = sorted(openings, key=lambda o: (o.opens, o.closes, o.weekday))
    parts, run = [], []
    for one in rows:
        if run and (one.opens, one.closes, one.weekday - 1) == (
            run[-1].opens,
            run[-1].closes,
            run[-1].weekday,
        ):
            run.append(one)
            continue
        parts += [_run(run)] if run else []
        run = [one]
    return "; ".join([*parts, *([_run(run)] if run else [])])


def read_hours(cell: str) -> ParsedHours:
    """The ParsedHours of a cell about a week. Raises HoursFormatError."""
    plain = _plain(cell)
    parts = [(found.lastgroup, found[0]) for found in _PART.finditer(plain)]
    for kind, run in groupby(parts, key=lambda part: part[0]):
        if kind == "strange":
            strange = "".join(text for _, text in run)
            raise HoursFormatError(
                f"時間「{plain[:40]}」の「{strange[:40]}」を読めません。{FORMAT_HINT}"
                "ほかの言葉は「時間の言葉」や「いつもとちがう日」の列に書いてください。"
            )
    kinds = {kind for kind, _ in parts}
    openings = _openings([part for part in parts if part[0] in ("days", "hours")])
    if "always" in kinds and openings:
        raise HoursFormatError(f"時間に、24時間と時刻の両方があります。{FORMAT_HINT}")
    is_off = "holidays" in kinds or any("平日" in text for _, text in parts)
    return ParsedHours(tuple(openings), is_off, "always" in kinds)


def _openings(parts):
    """The openings of the parts; days apply to the hours after them, until other days follow."""
    found, days, has_hours = [], [], False
    for kind, text in parts:
        if kind == "days":
            days = _days(text) if has_hours or not days else [*days, *_days(text)]
            has_hours = False
            continue
        if not days:
            raise HoursFormatError(
                f"時間「{text}」の曜日がありません(毎日なら、毎日 と)。{FORMAT_HINT}"
            )
        has_hours = True
        found += [OpeningSlot(day, *_clocks(text)) for day in days]
    if days and not has_hours:
        raise HoursFormatError(
            f"時間の「{''.join(WEEKDAY_LETTERS[day] for day in days)}」に時刻がありません。{FORMAT_HINT}"
        )
    return list(dict.fromkeys(found))


def _days(text):
    """Weekdays of 「平日」「月-金」「土日」「月・水」."""
    if text in ("平日", "毎日", "全日"):
        return list(range(5 if text == "平日" else 7))
    days = []
    for first, last in re.findall(
        rf"([{WEEKDAY_LETTERS}])(?:\s*{_DASH}\s*([{WEEKDAY_LETTERS}]))?", text
    ):
        begins, ends = WEEKDAY_LETTERS.index(first), WEEKDAY_LETTERS.index(last or first)
        if ends < begins:
            raise HoursFormatError(f"時間「{text}」の曜日の順が逆です。")
        days += range(begins, ends + 1)
    return days


def _clocks(text):
    """The two times of 「9:00-17:00」「午後1時から4時まで」."""
    first, last = re.split(_DASH, text.removesuffix("まで"), maxsplit=1)
    half = (_CLOCK.match(first.strip())[1] or "") if "時" in text or "午" in text else ""
    opens, closes = _clock(first, "", 23), _clock(last, half if half in ("午後", "pm") else "", 29)
    if opens == closes:
        raise HoursFormatError(f"「{text.strip()}」は、はじまりとおわりが同じです。")
    return opens, closes


def _clock(text, half, latest):
    """One time; 24:00 and 翌2:00 are of the next day. Raises HoursFormatError."""
    half_written, hour, colon, minutes, noon = _CLOCK.match(text.strip()).groups()
    hour = 12 if noon else int(hour)
    minute = 30 if "時半" in text else int(colon or minutes or 0)
    if (half_written or half) in ("午後", "pm") and hour < 12:
        hour += 12
    if hour > latest or minute > 59:
        raise HoursFormatError(f"「{text.strip()}」の時刻がありません。")
    return time(hour % 24, minute)


def _plain(cell):
    """The text normalised: one width, one dash, 曜日 left out, single spaces."""
    text = (
        unicodedata.normalize("NFKC", cell or "").casefold().replace("曜日", "").replace("曜", "")
    )
    return " ".join(re.sub("[〜‐‑–—―−ー]", "-", text).split())


def write_specials(specials):
    """SpecialHours as one cell."""
    return "; ".join(_special(one) for one in sorted(specials, key=lambda s: (s.begins, s.ends)))


def read_specials(cell):
    """The SpecialHours of a cell. Raises HoursFormatError."""
    return [_read_special(part) for part in _parts(cell)]


def _read_special(part):
    read = _SPECIAL.fullmatch(part)
    if read is None:
        raise HoursFormatError(
            f"いつもとちがう日「{part}」を読めません。"
            "「毎年 2026-12-29~2027-01-03 休み」か「2026-12-25 10:00-15:00」の形で書いてください。"
        )
    try:
        begins, ends = date.fromisoformat(read[2]), date.fromisoformat(read[3] or read[2])
    except ValueError:
        raise HoursFormatError(f"「{part}」の日付がありません。") from None
    if ends < begins:
        raise HoursFormatError(f"「{part}」は、おわりの日がはじめの日より前です。")
    if begins.year not in ALLOWED_YEARS or ends.year not in ALLOWED_YEARS:
        raise HoursFormatError(f"「{part}」の年を確かめてください。")
    opens, closes = (None, None) if read[4] else _times(read[5], read[6], part)
    return SpecialHours(begins, ends, bool(read[1]), opens, closes, (read[7] or "").strip())


def _parts(cell):
    cell = (cell or "").replace("；", ";").replace("　", " ").replace("〜", "~").replace("～", "~")
    return [" ".join(part.split()) for part in cell.split(";") if part.strip()]


def _times(opens, closes, part):
    try:
        times = tuple(time(*map(int, text.split(":"))) for text in (opens, closes))
    except ValueError:
        raise HoursFormatError(f"「{part}」の時刻がありません。") from None
    if times[0] == times[1]:
        raise HoursFormatError(f"「{part}」は、はじまりとおわりが同じです。")
    return times


def _run(run):
    days = WEEKDAY_LETTERS[run[0].weekday] + (
        f"-{WEEKDAY_LETTERS[run[-1].weekday]}" if len(run) > 1 else ""
    )
    return f"{days} {run[0].opens:%H:%M}-{run[0].closes:%H:%M}"


def _special(one):
    days = one.begins.isoformat() + (f"~{one.ends.isoformat()}" if one.ends != one.begins else "")
    hours = "休み" if one.opens is None else f"{one.opens:%H:%M}-{one.closes:%H:%M}"
    note = " ".join(one.note.replace(";", " ").split())
    return f"{'毎年 ' if one.every_year else ''}{days} {hours}{' ' + note if note else ''}"
