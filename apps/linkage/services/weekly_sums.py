"""Keeps the weekly sums beside the statements they sum, in the same transaction."""

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
    """The day in Japan of a statement as it is kept."""
    return datetime.fromisoformat(statement["timestamp"]).astimezone(JST).date()


class WeeklySums:
    """What changes in the weekly sums in one transaction; ``hand_of`` gives a DataKey's Hand for them."""

    def __init__(self, sealer_for):
        self._sealer_for = sealer_for
        self._changes = defaultdict(list)  # {(key id, week): [(statement, sign)]}
        self._sealers = {}

    def count(self, sealer, statement, sign=1):
        """Note a statement (dict) that is new under a Hand's key, or with -1 one that goes."""
        self._sealers[sealer.key.id] = sealer
        week = study_weeks.iso_week(statement_day(statement))
        self._changes[sealer.key.id, week].append((statement, sign))

    def recount(self, changed):
        """Note statements that say something else than before; {row id: (Hand, Record, …)}."""
        for row in LinkedRecord.objects.filter(pk__in=[row_id.hex() for row_id in changed]):
            sealer, record, _ = changed[row.pk.bytes]
            before = open_under_key(sealer.key, row)
            if before:  # else nobody knows what the sums counted: they stay as they are
                self.count(sealer, before, sign=-1)
                self.count(sealer, record.data)

    def records(self):
        """[(Hand, Record)] of the sums as they are from now on."""
        sealers = {key_id: self._sealer_for(sealer.key) for key_id, sealer in self._sealers.items()}
        found = self._known(sealers)
        for (key_id, week), changes in self._changes.items():
            sums = found.get((key_id, week), {})
            if sums is DAMAGED:  # a sum begun anew would be too small and look right
                continue
            for statement, sign in changes:
                sums = study_weeks.add_statement(sums, statement, sign)
            # Dated by its Monday: a week in which a school year ends goes with that year.
            monday = study_weeks.week_start(week)
            yield sealers[key_id], Record(STUDY_WEEK, "", week, monday, {"week": week, **sums})

    def _known(self, sealers):
        """{(key id, week): sums} of the weeks that are there already."""
        wanted = {
            sealers[key_id].row_sealer.name(week): (key_id, week) for key_id, week in self._changes
        }
        rows = LinkedRecord.objects.filter(pk__in=[name.hex() for name in wanted])
        return {wanted[row.pk.bytes]: open_under_key(sealers[row.key_id].key, row) for row in rows}
