"""Updates the weekly sums of statements, in the transaction that writes the statements."""

from collections import defaultdict
from datetime import datetime

from apps.core.clock import JST
from apps.linkage import study_weeks
from apps.linkage.connectors.contract import Record
from apps.linkage.fact_kinds import STUDY_WEEK
from apps.linkage.models import LinkedRecord
from apps.vault.damage import DAMAGED
from apps.vault.services.sealed_content import open_under_key


def statement_day(statement):
    """The day in Japan of a stored statement."""
    return datetime.fromisoformat(statement["timestamp"]).astimezone(JST).date()


class WeeklySums:
    """Changes of the weekly sums in one transaction; ``hand_of`` gives a DataKey's StudentSealer."""

    def __init__(self, sealer_for):
        self._sealer_for = sealer_for
        self._changes = defaultdict(list)  # {(key id, week): [(statement, sign)]}
        self._sealers = {}

    def count(self, sealer, statement, sign=1):
        """Count a new statement (dict) under a sealer's key; with -1, one that is deleted."""
        self._sealers[sealer.key.id] = sealer
        week = study_weeks.iso_week(statement_day(statement))
        self._changes[sealer.key.id, week].append((statement, sign))

    def recount(self, changed):
        """Count statements whose content has changed; {row id: (StudentSealer, Record, …)}."""
        for row in LinkedRecord.objects.filter(pk__in=[row_id.hex() for row_id in changed]):
            sealer, record, _ = changed[row.pk.bytes]
            before = open_under_key(sealer.key, row)
            if before:  # else it is unknown what the sums counted: they stay unchanged
                self.count(sealer, before, sign=-1)
                self.count(sealer, record.data)

    def records(self):
        """[(StudentSealer, Record)] of the new sums."""
        sealers = {key_id: self._sealer_for(sealer.key) for key_id, sealer in self._sealers.items()}
        found = self._known(sealers)
        for (key_id, week), changes in self._changes.items():
            sums = found.get((key_id, week), {})
            if sums is DAMAGED:  # a sum begun anew would be too small and look correct
                continue
            for statement, sign in changes:
                sums = study_weeks.add_statement(sums, statement, sign)
            # Dated by its Monday: a week in which a school year ends belongs to that year.
            monday = study_weeks.week_start(week)
            yield sealers[key_id], Record(STUDY_WEEK, "", week, monday, {"week": week, **sums})

    def _known(self, sealers):
        """{(key id, week): sums} of the weeks that exist already."""
        wanted = {
            sealers[key_id].row_sealer.name(week): (key_id, week) for key_id, week in self._changes
        }
        rows = LinkedRecord.objects.filter(pk__in=[name.hex() for name in wanted])
        return {wanted[row.pk.bytes]: open_under_key(sealers[row.key_id].key, row) for row in rows}
