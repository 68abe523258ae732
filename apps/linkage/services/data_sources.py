"""Saves sources, and says how far they were read and what is wrong with them."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Max, OuterRef

from apps.core import clock
from apps.core.clock import today
from apps.linkage.fact_kinds import kind_label
from apps.linkage.models import DataSource, Freshness, LinkedRecord, RunState, SyncRun
from apps.linkage.services.source_connectors import CHECK_SECONDS, connector_for
from apps.linkage.services.source_secrets import is_own_secret_name, seal_secret
from apps.people.services.recorded_changes import record_change
from apps.people.services.school_calendar import is_school_day

FAILURES_BEFORE_ALERT = 3
# After a change of these a source is read from its beginning: another place has other facts.
LOCATION_FIELDS = {"place", "token_url"}


@dataclass(frozen=True)
class SourceProblem:
    """A source that needs a person, and why: a sentence."""

    source: DataSource
    words: str


def check_source(source):
    """A sentence that the source answers; reads nobody's data. Raises contract.SourceError."""
    return connector_for(source, within_s=CHECK_SECONDS).check()


@transaction.atomic
def save_source(source, *, by, fields, secret=None):
    """Save an edited source and record which ``fields`` changed.

    A new place is read from the start. ``secret`` (str, None: unchanged, "": deleted) is sealed; a
    source that moved needs its secret again, so that it is not sent to a wrong address.
    """
    if source.school_id:
        source.municipality_id = source.school.municipality_id
    if source.secret_name and not is_own_secret_name(source.secret_name, source.municipality):
        raise ValueError("The secret is named after another municipality.")
    if LOCATION_FIELDS & set(fields):
        source.cursor = {}
        secret = secret or ""
    if secret is not None:
        seal_secret(source, secret)
    source.stopped_at = source.next_at = None
    source.save()
    record_change(source, by, fields, verb="linkage.edit")
    return source


def last_linked_at(student, user):
    """{purpose: when something was last linked about this student that can still be read}.

    Only what this person may know: not when the other guardian read a card.
    """
    found = LinkedRecord.objects.filter(student=student).shown_to(user).readable()
    return dict(found.order_by().values_list("purpose").annotate(at=Max("received_at")))


def last_run(user):
    """The latest SyncRun this person may see, or None."""
    return SyncRun.objects.visible_to(user).select_related("source").first()


def source_freshness(source):
    """[(label, newest day of its facts, when it was read)] for each kind of facts of a source."""
    rows = Freshness.objects.filter(source=source).order_by("kind")
    return [(kind_label(row.kind), row.until_on, row.read_at) for row in rows]


def source_problems(user):
    """[SourceProblem] of the sources this person may see: stopped, held, failing, or late."""
    on = DataSource.objects.visible_to(user).filter(is_on=True)
    sources = list(on.select_related("school").annotate(fresh_at=Max("freshness__read_at")))
    latest = _latest_runs(sources)
    found = ((source, _trouble(source, latest[source.pk])) for source in sources)
    return [SourceProblem(source, words) for source, words in found if words]


def cities_with_failing_source():
    """The municipalities (ids) where a source in use has stopped, waits for a person, fails or is late."""
    sources = list(
        DataSource.objects.filter(is_on=True).annotate(fresh_at=Max("freshness__read_at"))
    )
    latest = _latest_runs(sources)
    return {s.municipality_id for s in sources if _trouble(s, latest[s.pk])}


def is_trial_peer(source):
    """Whether the source is a stand-in of a trial, so that the page can say so."""
    return bool(settings.LRS_SANDBOX_URL) and source.place == settings.LRS_SANDBOX_URL


def is_late(source):
    """Whether nothing new came for longer than expected, on a day when something should."""
    return _is_late(
        source, Freshness.objects.filter(source=source).aggregate(at=Max("read_at"))["at"]
    )


def _is_late(source, fresh_at):
    limit = timedelta(hours=source.late_after_hours)
    return (
        fresh_at is not None
        and clock.now() - fresh_at > limit
        and is_school_day(source.school_id, today())
    )


def _latest_runs(sources):
    """{source id: its latest runs, newest first}, without trials and uploaded files."""
    runs = SyncRun.objects.filter(source=OuterRef("pk"), is_trial=False, upload="")
    newest = runs.order_by("-started_at").values("pk")[:FAILURES_BEFORE_ALERT]
    named = DataSource.objects.filter(pk__in=[source.pk for source in sources])
    keys = dict(named.annotate(newest=ArraySubquery(newest)).values_list("pk", "newest"))
    found = SyncRun.objects.in_bulk([key for of_one in keys.values() for key in of_one])
    return {source: [found[key] for key in of_one] for source, of_one in keys.items()}


def _trouble(source, latest):
    states = [run.state for run in latest]
    if source.stopped_at and states and states[0] in (RunState.STOPPED, RunState.HELD):
        return latest[0].message
    if len(states) == FAILURES_BEFORE_ALERT and set(states) <= {RunState.FAILED, RunState.RETRY}:
        return f"{FAILURES_BEFORE_ALERT}回 つづけて 読めませんでした。{latest[0].message}"
    if _is_late(source, source.fresh_at):
        return f"{source.late_after_hours}時間より 長く、新しいものが 来ていません。"
    return ""
