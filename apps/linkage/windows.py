"""A file is the truth about the days it covers: what it no longer states goes when it is taken in."""

from datetime import date

from django.db.models import Q

from apps.linkage import staging
from apps.linkage.connectors.contract import SourceError
from apps.linkage.connectors.school_files.rows import term_begins
from apps.linkage.models import LinkedRecord, SourceFile
from apps.vault.services import known_keys, open_with

FEW = 20
SHARE = 0.3


class TooMuchLost(SourceError):
    """A file would take away so much of what an earlier one stated that a person must say yes."""


class Window:
    """The days one file covers, and the rows that earlier files stated for them."""

    def __init__(self, source, mark, row, first_on, latest):
        self.source, self.mark, self.row = source, mark, row
        self.first_on, self.last_on = first_on, latest.get(mark.kind)

    def replace(self, n_changed, *, accepts_loss):
        """Delete what the file no longer states of its days; how many. Raises TooMuchLost.

        ``n_changed`` rows were of earlier files and are of this one by now.
        """
        if self.first_on is None:
            return 0
        inside, across = self._earlier()
        crossing = self._of_our_days(staging.unstated(across)) if across else []
        n_lost = staging.count_unstated(inside) + len(crossing)
        n_before = n_changed + LinkedRecord.objects.filter(file__in=[*inside, *across]).count()
        if n_lost > max(FEW, SHARE * n_before) and not accepts_loss:
            raise TooMuchLost(
                f"「{self.mark.name}」を 取り込むと、前に 取り込んだ {n_before}件のうち "
                f"{n_lost}件が 消えます。ファイルを 確かめてから、取り込むか 決めてください。"
            )
        if n_lost:
            staging.delete_unstated(inside)
            LinkedRecord.objects.filter(pk__in=crossing).delete()
        return n_lost

    def close(self, n_kept):
        """Write down which days the file covered and how much of it was kept."""
        SourceFile.objects.filter(pk=self.row.pk).update(
            first_on=self.first_on, last_on=self.last_on, n_kept=n_kept
        )

    def _earlier(self):
        """([ids of files wholly within these days], [ids of files partly within])."""
        files = SourceFile.objects.filter(
            source=self.source, kind=self.mark.kind,
            first_on__lte=self.last_on, last_on__gte=self.first_on,
        ).exclude(pk=self.row.pk)  # fmt: skip
        within = Q(first_on__gte=self.first_on, last_on__lte=self.last_on)
        inside = list(files.filter(within).values_list("pk", flat=True))
        return inside, list(files.exclude(within).values_list("pk", flat=True))

    def _of_our_days(self, ids):
        """Those of the rows that speak of a day of this file; only their key tells."""
        rows = list(LinkedRecord.objects.filter(pk__in=ids).readable())
        keys = {}
        for purpose in {row.purpose for row in rows}:
            keys |= {
                key.id: key
                for key in known_keys({row.student_id for row in rows}, purpose).values()
            }
        return [
            row.pk
            for row in rows
            if row.key_id in keys
            and (value := open_with(keys[row.key_id], row))
            and self.first_on <= day_of(value) <= self.last_on
        ]


def day_of(value):
    """The day for which a kept fact of a file counts, as its row in the file had it."""
    if "date" in value:
        return date.fromisoformat(value["date"])
    if "month" in value:
        return date.fromisoformat(f"{value['month']}-01")
    return term_begins(value["year"], value["term"])
