"""Rows whose day cannot be, or was before their code or seat meant whom it means now."""

from collections import Counter
from datetime import timedelta

from apps.core.clock import today
from apps.linkage.connectors.contract import Issue
from apps.linkage.connectors.limits import CLOCKS_DIFFER, why_not_day
from apps.linkage.kinds import STATEMENT

AHEAD = {STATEMENT: CLOCKS_DIFFER}  # files are written by people who know the day
HANDED_OVER = "この {}は、この日には ほかの 生徒の ものでした。だれにも 書いて いません。"
CODE, SEAT = "管理コード", "学年・組・番号"


def in_time(lot, kind, records):
    """Those of days that can be; the others are issues of their rows, and date nothing."""
    days, now = Counter([record.occurred_on for record in records]), today()
    ahead = AHEAD.get(kind, timedelta())
    wrong = {day: why for day in days if (why := why_not_day(day, now, ahead))}
    lot.dated(kind, {day: n for day, n in days.items() if day not in wrong})
    if not wrong:
        return records
    for record in records:
        if record.occurred_on in wrong:
            lot.note(Issue(wrong[record.occurred_on], record.place))
    return [record for record in records if record.occurred_on not in wrong]


def of_who_has_it_now(lot, kind, records, hands):
    """Those of days since which a code or seat means whom it means now.

    The others are issues of their rows; what is kept of whoever had it before stays.
    """
    handed_over = hands.handed_over(kind)
    if not handed_over:
        return records
    mine, name = [], SEAT if hands.is_by_seat(kind) else CODE
    for record in records:
        handover = handed_over.get(record.subject)
        if handover is None or record.occurred_on >= handover.since:
            mine.append(record)
            continue
        lot.spared |= handover.former
        lot.note(Issue(HANDED_OVER.format(name), record.place, name))
    return mine
