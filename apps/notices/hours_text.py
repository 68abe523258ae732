"""Hours as one cell of a table: 「月-金 08:30-17:15; 土 09:00-12:00」, and back. Pure."""

import re
from datetime import date, time

from apps.notices.hours import Opening, Special

DAYS = "月火水木金土日"
_OPENING = re.compile(r"([月火水木金土日])(?:-([月火水木金土日]))? (\d{1,2}:\d\d)-(\d{1,2}:\d\d)")
_SPECIAL = re.compile(
    r"(毎年 )?(\d{4}-\d\d-\d\d)(?:~(\d{4}-\d\d-\d\d))? (?:(休み)|(\d{1,2}:\d\d)-(\d{1,2}:\d\d))(?: (.{1,60}))?"
)


class NotHours(ValueError):
    """The cell cannot be read; the message says which part and how to write it."""


def write_openings(openings):
    """One cell for Openings; days with the same hours stand together."""
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


def read_openings(cell):
    """The Openings of a cell. Raises NotHours."""
    found = []
    for part in _parts(cell):
        read = _OPENING.fullmatch(part)
        if read is None:
            raise NotHours(
                f"時間「{part}」を読めません。「月-金 08:30-17:15」の形で書いてください。"
            )
        first, last = DAYS.index(read[1]), DAYS.index(read[2] or read[1])
        if last < first:
            raise NotHours(f"時間「{part}」の曜日の順が逆です。")
        opens, closes = _times(read[3], read[4], part)
        found += [Opening(day, opens, closes) for day in range(first, last + 1)]
    return found


def write_specials(specials):
    """One cell for Specials."""
    return "; ".join(_special(one) for one in sorted(specials, key=lambda s: (s.begins, s.ends)))


def read_specials(cell):
    """The Specials of a cell. Raises NotHours."""
    return [_read_special(part) for part in _parts(cell)]


def _read_special(part):
    read = _SPECIAL.fullmatch(part)
    if read is None:
        raise NotHours(
            f"いつもとちがう日「{part}」を読めません。"
            "「毎年 2026-12-29~2027-01-03 休み」か「2026-12-25 10:00-15:00」の形で書いてください。"
        )
    try:
        begins, ends = date.fromisoformat(read[2]), date.fromisoformat(read[3] or read[2])
    except ValueError:
        raise NotHours(f"「{part}」の日付がありません。") from None
    if ends < begins:
        raise NotHours(f"「{part}」は、おわりの日がはじめの日より前です。")
    opens, closes = (None, None) if read[4] else _times(read[5], read[6], part)
    return Special(begins, ends, bool(read[1]), opens, closes, (read[7] or "").strip())


def _parts(cell):
    cell = (cell or "").replace("；", ";").replace("　", " ").replace("〜", "~").replace("～", "~")
    return [" ".join(part.split()) for part in cell.split(";") if part.strip()]


def _times(opens, closes, part):
    try:
        times = tuple(time(*map(int, text.split(":"))) for text in (opens, closes))
    except ValueError:
        raise NotHours(f"「{part}」の時刻がありません。") from None
    if times[0] == times[1]:
        raise NotHours(f"「{part}」は、はじまりとおわりが同じです。")
    return times


def _run(run):
    days = DAYS[run[0].weekday] + (f"-{DAYS[run[-1].weekday]}" if len(run) > 1 else "")
    return f"{days} {run[0].opens:%H:%M}-{run[0].closes:%H:%M}"


def _special(one):
    days = one.begins.isoformat() + (f"~{one.ends.isoformat()}" if one.ends != one.begins else "")
    hours = "休み" if one.opens is None else f"{one.opens:%H:%M}-{one.closes:%H:%M}"
    note = " ".join(one.note.replace(";", " ").split())
    return f"{'毎年 ' if one.every_year else ''}{days} {hours}{' ' + note if note else ''}"
