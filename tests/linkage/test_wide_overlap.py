"""A store that compares ``since`` with *timestamp* hides late statements: a wider query finds them."""

import datetime as dt
import json
from pathlib import Path

import pytest
from aiohttp import web
from django.utils import timezone

from apps.consent.models import Purpose
from apps.linkage.connectors.xapi import WIDE_INTERVAL, WIDE_OVERLAP
from apps.linkage.fact_kinds import STATEMENT
from apps.linkage.models import DataSource, LinkedRecord, RunState, SourceKind
from apps.linkage.services import sync_runs
from tests import factories
from tests.linkage.test_statement_import import statement
from tests.sandbox.lrs_server import serving

LATE = Path(__file__).parent / "inputs" / "xapi-since-by-timestamp" / "late.jsonl"


class ByTimestamp:
    """An LRS like ralph: what was *done* after ``since``, in pages of two."""

    def __init__(self):
        self.statements, self.since, self.gone = [], [], False

    async def answer(self, request):
        if "since" in request.query:
            self.since.append(dt.datetime.fromisoformat(request.query["since"]))
        elif self.gone:
            return web.json_response({}, status=404)
        first = int(request.query.get("from", 0))
        found = sorted((one for one in self.statements if moment(one) > self.since[-1]), key=moment)
        more = f"/xapi/statements?from={first + 2}" if first + 2 < len(found) else ""
        return web.json_response({"statements": found[first : first + 2], "more": more})


def moment(one):
    return dt.datetime.fromisoformat(one["timestamp"])


@pytest.fixture
def store():
    return ByTimestamp()


@pytest.fixture
def study(cast, store, settings, tmp_path, time_machine):
    time_machine.move_to(dt.datetime(2026, 11, 28, 14, 0, tzinfo=dt.UTC))
    factories.make_effective(cast.sakura, Purpose.STUDY_LOG)
    app = web.Application()
    app.add_routes([web.get("/xapi/statements", store.answer)])
    with serving(tmp_path, app=app) as url:
        settings.LRS_SANDBOX_URL = url
        yield DataSource.objects.create(
            municipality=cast.city, school=cast.school, kind=SourceKind.XAPI_LRS, title="学習",
            place=url,
        )  # fmt: skip


def stored_records():
    return LinkedRecord.objects.filter(kind=STATEMENT).count()


def test_what_was_done_before_and_stored_late_is_found_within_a_day(
    cast, study, store, time_machine
):
    store.statements = [statement(cast.sakura)]
    sync_runs.sync_source(study)
    text = LATE.read_text().replace("MASTER-ID-OF-A-CONSENTING-STUDENT", str(cast.sakura.master_id))
    store.statements.append(json.loads(text))
    time_machine.shift(dt.timedelta(hours=1))
    assert sync_runs.sync_source(study).n_kept == 0
    time_machine.shift(WIDE_INTERVAL)
    run = sync_runs.sync_source(study)
    assert (run.state, run.n_kept, run.n_unchanged) == (RunState.DONE, 1, 1)
    assert timezone.now() - store.since[-1] >= WIDE_OVERLAP
    assert sync_runs.sync_source(study).n_kept == 0
    assert timezone.now() - store.since[-1] < WIDE_INTERVAL  # once a day, not each time
    assert stored_records() == 2


def test_a_wider_reading_that_was_cut_off_is_wide_when_it_begins_again(
    cast, study, store, time_machine, monkeypatch
):
    store.statements = [statement(cast.sakura, days_ago=n / 10) for n in range(1, 5)]
    sync_runs.sync_source(study)
    time_machine.shift(2 * WIDE_INTERVAL)
    late = statement(cast.sakura, days_ago=4)
    store.statements.append(late)
    monkeypatch.setattr("apps.linkage.services.source_reader.RUN_TIME_LIMIT_S", 0)
    store.statements = sorted(store.statements, key=moment)
    assert sync_runs.sync_source(study).state == RunState.RETRY
    monkeypatch.setattr("apps.linkage.services.source_reader.RUN_TIME_LIMIT_S", 60)
    store.gone = True
    sync_runs.sync_source(study)
    assert timezone.now() - store.since[-1] >= WIDE_OVERLAP
    store.gone = False
    sync_runs.sync_source(study)
    assert stored_records() == 5
