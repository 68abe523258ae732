"""Issues of a run: stored by place and reason, shown in groups, exported as CSV.

The run counts all of them (n_issues); only the first ones are stored.
"""

import csv
import io
from dataclasses import dataclass

from apps.linkage.models import SyncIssue

MAX_ISSUES = 500  # stored for a run: with that many, the first ones are enough
MAX_ISSUE_GROUPS = 50


@dataclass(frozen=True)
class IssueGroup:
    """The same problem in ``n`` places, with the first of them: lines, or names."""

    file: str
    column: str
    reason: str
    n: int
    lines: tuple


def record_issues(run, issues, n_found=None):
    """Store contract.Issues of a run, up to a limit, and count all ``n_found`` of them."""
    n_found = len(issues) if n_found is None else n_found
    if not n_found:
        return
    run.n_issues += n_found
    run.save(update_fields=["n_issues"])
    n_free = max(0, MAX_ISSUES - run.issues.count())
    SyncIssue.objects.bulk_create(
        SyncIssue(
            run=run,
            file=issue.place.file[:200],
            line=issue.place.line,
            column=issue.column[:60],
            reason=issue.reason[:300],
        )
        for issue in issues[:n_free]
    )


def issue_groups(run, n_lines=5):
    """[IssueGroup] of a run's issues, the most frequent first.

    Issues without a line (statements, named by id) with one reason are one group.
    """
    found = {}
    for issue in run.issues.order_by("file", "line"):
        file = issue.file if issue.line is not None else ""
        found.setdefault((file, issue.column, issue.reason), []).append(issue)
    counted = sorted(found.items(), key=lambda group: -len(group[1]))
    return [
        IssueGroup(*key, len(issues), tuple(_place(issue) for issue in issues[:n_lines]))
        for key, issues in counted[:MAX_ISSUE_GROUPS]
    ]


def _place(issue):
    """The line of an issue, else its name; "–" where it has neither."""
    return issue.line or issue.file or "–"


def issues_csv(run):
    """The issues as CSV text for a spreadsheet: file, line, column, reason; no cell of the source."""
    out = io.StringIO()
    lines = csv.writer(out, quoting=csv.QUOTE_ALL)
    lines.writerow(["ファイル", "行", "列", "理由"])
    for issue in run.issues.all():
        lines.writerow([_guarded(issue.file), issue.line or "", issue.column, issue.reason])
    return "\ufeff" + out.getvalue()


def _guarded(name):
    """Escape a file's name, which the school chose, so that no spreadsheet runs it as a formula."""
    return f"'{name}" if name.lstrip().startswith(tuple("=+-@＝＋－＠'\t\r")) else name
