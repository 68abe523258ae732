"""Filters rows with impossible days, and rows from before a code or seat passed to its holder."""

from collections import Counter
from datetime import timedelta

from apps.core.clock import today
from apps.linkage.connectors.contract import Issue
from apps.linkage.connectors.value_limits import CLOCK_TOLERANCE, date_problem
from apps.linkage.fact_kinds import STATEMENT

ALLOWED_AHEAD = {
    STATEMENT: CLOCK_TOLERANCE
}  # files name the day themselves, so no clock difference is allowed
CODE_OF_FORMER_HOLDER = "この {}は、この日には ほかの 生徒の ものでした。だれにも 書いて いません。"
CODE_COLUMN, SEAT_COLUMN = "管理コード", "学年・組・番号"


def drop_invalid_dates(batch, kind, records):
    """The records with possible days; the others become issues and do not count as dates."""
    days, now = Counter([record.occurred_on for record in records]), today()
    ahead = ALLOWED_AHEAD.get(kind, timedelta())
    wrong = {day: why for day in days if (why := date_problem(day, now, ahead))}
    batch.add_dates(kind, {day: n for day, n in days.items() if day not in wrong})
    if not wrong:
        return records
    for record in records:
        if record.occurred_on in wrong:
            batch.note(Issue(wrong[record.occurred_on], record.place))
    return [record for record in records if record.occurred_on not in wrong]


def drop_former_holders(batch, kind, records, sealers):
    """The records of days since which the code or seat belongs to its present holder.

    The others become issues; earlier rows of the former holder are kept.
    """
    handed_over = sealers.handovers(kind)
    if not handed_over:
        return records
    own, name = [], SEAT_COLUMN if sealers.is_by_seat(kind) else CODE_COLUMN
    for record in records:
        handover = handed_over.get(record.subject)
        if handover is None or record.occurred_on >= handover.since:
            own.append(record)
            continue
        batch.protected |= handover.former
        batch.note(Issue(CODE_OF_FORMER_HOLDER.format(name), record.place, name))
    return own
