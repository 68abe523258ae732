"""Keeps the weekly sums beside the statements they sum, in the same transaction."""

from collections import defaultdict
from datetime import datetime

from apps.core.clock import JST
from apps.linkage import study_weeks
from apps.linkage.connectors.contract import Record
from apps.linkage.kinds import STUDY_WEEK
from apps.linkage.models import LinkedRecord
from apps.vault.services import DAMAGED, open_with


def day_of(statement):
    """The day in Japan of a statement as it is kept."""
    return datetime.fromisoformat(statement["timestamp"]).astimezone(JST).date()


class Weeks:
    """What changes in the weekly sums in one transaction; ``hand_of`` gives a DataKey's Hand for them."""

    def __init__(self, hand_of):
        self._hand_of = hand_of
        self._changes = defaultdict(list)  # {(key id, week): [(statement, sign)]}
        self._hands = {}

    def count(self, hand, statement, sign=1):
        """Note a statement (dict) that is new under a Hand's key, or with -1 one that goes."""
        self._hands[hand.key.id] = hand
        week = study_weeks.week_of(day_of(statement))
        self._changes[hand.key.id, week].append((statement, sign))

    def recount(self, changed):
        """Note statements that say something else than before; {row id: (Hand, Record, …)}."""
        for row in LinkedRecord.objects.filter(pk__in=[row_id.hex() for row_id in changed]):
            hand, record, _ = changed[row.pk.bytes]
            before = open_with(hand.key, row)
            if before:  # else nobody knows what the sums counted: they stay as they are
                self.count(hand, before, sign=-1)
                self.count(hand, record.data)

    def records(self):
        """[(Hand, Record)] of the sums as they are from now on."""
        hands = {key_id: self._hand_of(hand.key) for key_id, hand in self._hands.items()}
        found = self._known(hands)
        for (key_id, week), changes in self._changes.items():
            sums = found.get((key_id, week), {})
            if sums is DAMAGED:  # a sum begun anew would be too small and look right
                continue
            for statement, sign in changes:
                sums = study_weeks.changed(sums, statement, sign)
            # Dated by its Monday: a week in which a school year ends goes with that year.
            monday = study_weeks.monday_of(week)
            yield hands[key_id], Record(STUDY_WEEK, "", week, monday, {"week": week, **sums})

    def _known(self, hands):
        """{(key id, week): sums} of the weeks that are there already."""
        wanted = {hands[key_id].pen.name(week): (key_id, week) for key_id, week in self._changes}
        rows = LinkedRecord.objects.filter(pk__in=[name.hex() for name in wanted])
        return {wanted[row.pk.bytes]: open_with(hands[row.key_id].key, row) for row in rows}
