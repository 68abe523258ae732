"""Keeps the weekly sums beside the statements they sum, in the same transaction."""

from collections import defaultdict
from datetime import datetime

from apps.core.clock import JST
from apps.linkage import study_weeks
from apps.linkage.connectors.contract import Record
from apps.linkage.kinds import STUDY_WEEK
from apps.linkage.models import LinkedRecord


def day_of(statement):
    """The day in Japan of a statement as it is kept."""
    return datetime.fromisoformat(statement["timestamp"]).astimezone(JST).date()


class Weeks:
    """What changes in the weekly sums of one page; ``name`` makes a row's id from key and text."""

    def __init__(self, name):
        self._name = name
        self._changes = defaultdict(list)  # {(key, week): [(statement, sign)]}

    def count(self, key, statement, sign=1):
        """Note a statement (dict) that is new under a DataKey, or with -1 one that goes."""
        self._changes[key, study_weeks.week_of(day_of(statement))].append((statement, sign))

    def records(self):
        """[(DataKey, Record)] of the sums as they are from now on."""
        found = self._known()
        for (key, week), changes in self._changes.items():
            sums = found.get((key.id, week), {})
            for statement, sign in changes:
                sums = study_weeks.changed(sums, statement, sign)
            # Dated by its Monday: a week in which a school year ends goes with that year.
            monday = study_weeks.monday_of(week)
            yield key, Record(STUDY_WEEK, "", week, monday, {"week": week, **sums})

    def _known(self):
        """{(key id, week): sums} of the weeks that are there already."""
        wanted = {self._name(key, STUDY_WEEK, week): (key, week) for key, week in self._changes}
        rows = LinkedRecord.objects.filter(pk__in=[name.hex() for name in wanted])
        found = {}
        for row in rows:
            key, week = wanted[row.pk.bytes]
            found[key.id, week] = key.open(row)
        return found
