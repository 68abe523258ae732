"""Syncs a roster over REST; the roster app checks and imports it like a zip."""

from datetime import datetime, timedelta

from django.db import transaction

from apps.core.clock import JST
from apps.linkage.connectors.contract import Issue, SourcePosition
from apps.linkage.models import RunState
from apps.linkage.services import sync_issues
from apps.linkage.services.running_runs import hold_run
from apps.roster.services.feeds import FeedResult, import_feed

CLOCK_OVERLAP = timedelta(minutes=10)  # their clock may differ from ours
FULL_READ_INTERVAL = timedelta(
    hours=20
)  # a full read now and then: equal numbers of deleted and new rows are not noticed otherwise
RUN_STATES = {
    FeedResult.UNCHANGED: (RunState.DONE, "名簿に 変わりは ありません。"),
    FeedResult.IMPORTED: (RunState.DONE, "名簿を 取り込みました。"),
    FeedResult.HELD: (RunState.HELD, "「名簿の取り込み」で 確かめてください。"),
    FeedResult.CHECKED: (
        RunState.DONE,
        "読みました。何が 変わるかは「名簿の取り込み」で 見て、取り込むか 決めてください。",
    ),
    FeedResult.REFUSED: (RunState.FAILED, "名簿に なおす ところが あるので、取り込みませんでした。"),
}  # fmt: skip


def sync_roster(source, run, reader, *, now):
    """Read the roster of a source with its ``reader`` and import it; (RunState, a sentence) for the
    run.

    Fills the run's counts and issues. The source's cursor remembers how far it was read, so that an
    unchanged roster is not read in full. ``now`` is aware. A trial imports nothing: its sentence
    says what would change. Raises SourceError.
    """
    in_full = run.is_trial or run.reads_again
    if (
        not in_full
        and _is_fresh(source.cursor, now)
        and not reader.may_have_changed(_moment(source.cursor["since"]), source.cursor["totals"])
    ):
        return RUN_STATES[FeedResult.UNCHANGED]
    tables, totals = reader.read(now.astimezone(JST).date())
    with transaction.atomic():
        hold_run(run)
        return _import(source, run, (tables, totals), now)


def _import(source, run, read, now):
    """Import what was read, with the run's counts; (RunState, a sentence)."""
    tables, totals = read
    name = f"{source.title}(OneRoster)"
    outcome = import_feed(
        tables,
        name,
        municipality=source.municipality,
        school=source.school,
        check_only=run.is_trial,
    )
    _count(run, outcome, totals)
    sync_issues.record_issues(run, [_issue(problem) for problem in outcome.problems])
    if run.is_trial:
        return RUN_STATES[outcome.result]
    if outcome.result in (FeedResult.IMPORTED, FeedResult.UNCHANGED):
        since = (now - CLOCK_OVERLAP).isoformat()
        _remember(source, {"since": since, "read_at": now.isoformat(), "totals": totals})
    else:
        _remember(source, {})  # read in full again: a person may have decided meanwhile
    state, words = RUN_STATES[outcome.result]
    return state, f"{outcome.words} {words}".strip()


def _is_fresh(cursor, now):
    return "read_at" in cursor and now - _moment(cursor["read_at"]) < FULL_READ_INTERVAL


def _moment(text):
    return datetime.fromisoformat(text)


def _count(run, outcome, totals):
    counts = outcome.counts.values()
    run.n_read = sum(totals.values())
    if outcome.result in (FeedResult.IMPORTED, FeedResult.UNCHANGED, FeedResult.CHECKED):
        run.n_kept = sum(n["new"] + n["changed"] + n["gone"] for n in counts)
        run.n_unchanged = sum(n["unchanged"] for n in counts)
    run.save(update_fields=["n_read", "n_kept", "n_unchanged"])


def _issue(problem):
    place = SourcePosition(problem.file, problem.line or None)
    return Issue(problem.reason, place, problem.column)


def _remember(source, cursor):
    source.cursor = cursor
    source.save(update_fields=["cursor"])
