"""Opening hours in words, in the language of the page; easy Japanese has readings."""

from datetime import date, datetime, time

from babel.dates import get_day_names
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from apps.core.counters import WEEKDAY_READINGS
from apps.core.languages import PageLanguage, html_lang
from apps.core.templatetags.japanese import reading
from apps.notices.opening_hours import OpeningWeek, OpenState, SpecialHours

NO_WAY_KNOWN = gettext_lazy("つながり方は学校の先生に聞いてください")


def state_words(state: OpenState, now: datetime) -> str:
    """「いま話せます」「次は16時から」「いまはお休み」."""
    if state.is_open is None:
        return _("時間はページで")
    if state.is_open:
        return _("いま話せます")
    if state.next_at is None:
        return _("いまはお休み")
    return _("次は%(at)sから") % {"at": moment_words(state.next_at, now)}


def until_words(state: OpenState, now: datetime) -> str:
    """「21時まで」, or "" where it is not known."""
    return _("%(at)sまで") % {"at": moment_words(state.until, now)} if state.until else ""


def time_words(at: time | datetime) -> str:
    """「16時」「8時30分」, in other languages 16:00."""
    if not _is_japanese():
        return f"{at:%H:%M}"
    words = _("%(hour)s時%(minute)s分") if at.minute else _("%(hour)s時")
    return reading(words % {"hour": at.hour, "minute": at.minute})


def moment_words(at: datetime, now: datetime) -> str:
    """「16時」「あした16時」「火曜16時」「12月4日 16時」, as near as needed."""
    ahead = (at.date() - now.date()).days
    if ahead == 0:
        return time_words(at)
    if ahead == 1:
        return _("あした%(time)s") % {"time": time_words(at)}
    if ahead < 7:
        return _("%(weekday)s曜%(time)s") % {
            "weekday": _weekday(at.weekday()),
            "time": time_words(at),
        }
    return f"{date_words(at)} {time_words(at)}"


def date_words(day: date) -> str:
    """「12月4日」, in English "4 Dec"."""
    if not _is_japanese():
        return f"{day.day} {day:%b}"
    return reading(_("%(month)s月%(day)s日") % {"month": day.month, "day": day.day})


def week_lines(week: OpeningWeek) -> list[tuple[str, str]]:
    """[(weekdays, hours)] for people: days with the same hours are in one line."""
    by_day = {
        day: tuple((o.opens, o.closes) for o in week.openings if o.weekday == day)
        for day in range(7)
    }
    lines, day = [], 0
    while day < 7:
        last = day
        while last < 6 and by_day[last + 1] == by_day[day]:
            last += 1
        if by_day[day]:
            between = "、" if _is_japanese() else ", "
            lines.append((_days(day, last), between.join(_hours(*pair) for pair in by_day[day])))
        day = last + 1
    return lines


def special_lines(week: OpeningWeek, on: date) -> list[tuple[str, str]]:
    """[(days, hours or お休み)] of the exceptions that are not over on the day ``on``."""
    return [
        (_special_days(one), _special_hours(one))
        for one in week.specials
        if one.every_year or one.ends >= on
    ]


def _is_japanese() -> bool:
    return html_lang() == PageLanguage.JA


def _weekday(number: int) -> str:
    if not _is_japanese():
        return get_day_names("abbreviated", locale=html_lang())[number]
    day, read = list(WEEKDAY_READINGS.items())[number]
    return f"｜{day}《{read}》" if get_language() == PageLanguage.EASY else day


def _days(first: int, last: int) -> str:
    if (first, last) == (0, 6):
        return _("毎日")
    if first == last:
        return _weekday(first)
    return _("%(first)sから%(last)s") % {"first": _weekday(first), "last": _weekday(last)}


def _hours(opens: time, closes: time) -> str:
    words = (
        _("%(opens)sから次の日の%(closes)sまで")
        if closes <= opens
        else _("%(opens)sから%(closes)sまで")
    )
    return words % {"opens": time_words(opens), "closes": time_words(closes)}


def _special_days(one: SpecialHours) -> str:
    words = date_words(one.begins)
    if one.ends != one.begins:
        words = _("%(first)sから%(last)s") % {"first": words, "last": date_words(one.ends)}
    return _("毎年%(days)s") % {"days": words} if one.every_year else words


def _special_hours(one: SpecialHours) -> str:
    if one.opens is None or one.closes is None:
        hours = _("お休み")
    else:
        hours = _hours(one.opens, one.closes)
    return f"{hours}({one.note})" if one.note else hours
