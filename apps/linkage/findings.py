"""What a run could not take in: kept by place and reason, told in groups, taken along as a table."""

import csv
import io
from dataclasses import dataclass

from django.db.models import Count, Min

from apps.linkage.models import SyncIssue

MOST = 500  # kept a run: who has that many needs the first ones


@dataclass(frozen=True)
class Group:
    """The same problem in ``n`` places, with the first lines of them."""

    file: str
    column: str
    reason: str
    n: int
    lines: tuple


def note(run, issues):
    """Keep contract.Issues for a run, as far as there is room."""
    room = max(0, MOST - run.issues.count()) if issues else 0
    SyncIssue.objects.bulk_create(
        SyncIssue(
            run=run,
            file=issue.place.file[:200],
            line=issue.place.line,
            column=issue.column[:60],
            reason=issue.reason[:300],
        )
        for issue in issues[:room]
    )


def groups(run, n_lines=5):
    """[Group] of a run's issues, the most frequent first."""
    same = run.issues.order_by().values("file", "column", "reason")
    counted = same.annotate(n=Count("pk"), first=Min("line")).order_by("-n", "file", "first")
    return [
        Group(row["file"], row["column"], row["reason"], row["n"], _lines(run, row, n_lines))
        for row in counted[:50]
    ]


def _lines(run, row, n_lines):
    where = {name: row[name] for name in ("file", "column", "reason")}
    found = run.issues.filter(**where, line__isnull=False).order_by("line")
    return tuple(found.values_list("line", flat=True)[:n_lines])


def table(run):
    """The issues as CSV text for a spreadsheet: file, line, column, reason; no cell of the source."""
    out = io.StringIO()
    lines = csv.writer(out, quoting=csv.QUOTE_ALL)
    lines.writerow(["ファイル", "行", "列", "理由"])
    for issue in run.issues.all():
        lines.writerow([_guarded(issue.file), issue.line or "", issue.column, issue.reason])
    return "\ufeff" + out.getvalue()


def _guarded(name):
    """A file's name is the school's: no spreadsheet may take it for a formula."""
    return f"'{name}" if name.lstrip().startswith(tuple("=+-@＝＋－＠'\t\r")) else name
