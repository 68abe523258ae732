"""Whatever an LRS does while it is read, nothing is lost, doubled or half-written."""

import asyncio
import datetime as dt
import email.utils
import time

import pytest
from aiohttp import web
from django.utils import timezone

from apps.consent.models import Purpose
from apps.core import http_client
from apps.linkage.connectors import xapi
from apps.linkage.fact_kinds import STATEMENT
from apps.linkage.models import DataSource, LinkedRecord, RunState, SourceKind
from apps.linkage.services import sync_runs
from tests import factories
from tests.linkage.test_statement_import import statement
from tests.sandbox.lrs_server import serving


class Store:
    """An LRS with the pages and faults of a test; it records the requests."""

    def __init__(self, statements, size=2):
        self.pages = [statements[n : n + size] for n in range(0, len(statements), size)] or [[]]
        self.forgotten, self.broken, self.headers, self.requests_seen = set(), {}, {}, []

    async def answer(self, request):
        number = int(request.query.get("page", 0))
        self.requests_seen.append(dict(request.query))
        if number in self.forgotten:
            return web.json_response({"error": "gone"}, status=404)
        if number in self.broken:
            return await self.broken[number](request)
        more = f"/xapi/statements?page={number + 1}" if number + 1 < len(self.pages) else ""
        body = {"statements": self.pages[number], "more": more}
        return web.json_response(body, headers=self.headers)

    def app(self):
        application = web.Application()
        application.add_routes([web.get("/xapi/statements", self.answer)])
        return application


@pytest.fixture
def store(cast):
    return Store([statement(cast.sakura) for _ in range(6)])


@pytest.fixture
def study(cast, store, settings, tmp_path):
    factories.make_effective(cast.sakura, Purpose.STUDY_LOG)
    with serving(tmp_path, app=store.app()) as url:
        settings.LRS_SANDBOX_URL = url
        yield DataSource.objects.create(
            municipality=cast.city, school=cast.school, kind=SourceKind.XAPI_LRS, title="学習",
            place=url,
        )  # fmt: skip


def stored_records():
    return LinkedRecord.objects.filter(kind=STATEMENT).count()


def test_a_page_the_store_has_forgotten_is_read_again_from_the_last_safe_moment(study, store):
    store.forgotten = {2}
    run = sync_runs.sync_source(study)
    assert (run.state, stored_records()) == (RunState.FAILED, 4)
    run = sync_runs.sync_source(study)  # the same page is asked for, then everything from the start
    assert (run.state, stored_records()) == (RunState.FAILED, 4)
    store.forgotten = set()
    run = sync_runs.sync_source(study)
    assert (run.state, run.n_kept, stored_records()) == (RunState.DONE, 2, 6)


async def half(request):
    """Half a page: the connection breaks in the middle of the body."""
    answer = web.StreamResponse(headers={"Content-Length": "5000"})
    await answer.prepare(request)
    await answer.write(b'{"statements": [')
    request.transport.close()
    return answer


async def endless(request):
    return web.Response(body=b"[" * 3000, content_type="application/json")


async def deep(request):
    return web.Response(body=b"[" * 900_000, content_type="application/json")


@pytest.mark.parametrize(
    ("fault", "state"),
    [(half, RunState.RETRY), (endless, RunState.FAILED), (deep, RunState.FAILED)],
)
def test_a_broken_page_keeps_what_came_before_it_and_is_asked_for_again(
    study, store, monkeypatch, fault, state
):
    if fault is endless:
        # Good pages of two are smaller than this.
        monkeypatch.setattr(http_client, "MAX_RESPONSE_BYTES", 2_500)
    store.broken = {1: fault}
    run = sync_runs.sync_source(study)
    assert (run.state, stored_records()) == (state, 2)
    assert run.message.endswith("。")
    store.broken = {}
    assert sync_runs.sync_source(study).state == RunState.DONE
    assert stored_records() == 6


async def dripping(request):
    """Sends a byte just before each time-out between two bytes, for ever."""
    answer = web.StreamResponse()
    await answer.prepare(request)
    while True:
        await answer.write(b" ")
        await asyncio.sleep(0.1)


def test_an_answer_that_drips_is_given_up(study, store, monkeypatch):
    monkeypatch.setattr(http_client, "RESPONSE_TIMEOUT_S", 1)
    store.broken = {1: dripping}
    began = time.monotonic()
    run = sync_runs.sync_source(study)
    assert (run.state, stored_records()) == (RunState.RETRY, 2)
    assert "おそすぎます" in run.message
    assert time.monotonic() - began < 10


def test_a_whole_run_is_bounded_however_many_pages_are_a_little_slow(study, store, monkeypatch):
    async def slow(request):
        await asyncio.sleep(0.4)
        return web.json_response({"statements": [], "more": "/xapi/statements?page=0"})

    store.broken = {0: slow}
    monkeypatch.setattr("apps.linkage.services.source_connectors.RUN_SECONDS", 1)
    began = time.monotonic()
    run = sync_runs.sync_source(study)
    assert run.state == RunState.RETRY
    assert time.monotonic() - began < 10


def test_pages_that_come_twice_and_drift_give_each_statement_once(study, store):
    store.pages = [store.pages[0], store.pages[0], store.pages[1] + store.pages[0], store.pages[2]]
    run = sync_runs.sync_source(study)
    assert (run.state, stored_records()) == (RunState.DONE, 6)


@pytest.mark.parametrize("skew_h", [-7, 7])
def test_the_watermark_follows_the_store_s_own_clock_where_it_is_behind_ours(study, store, skew_h):
    theirs = timezone.now() + dt.timedelta(hours=skew_h)
    store.headers = {"Date": email.utils.format_datetime(theirs, usegmt=True)}
    sync_runs.sync_source(study)
    study.refresh_from_db()
    since = dt.datetime.fromisoformat(study.cursor["since"])
    behind = min(theirs, timezone.now()) - xapi.OVERLAP_WITHOUT_HEADER
    assert abs(since - behind) < dt.timedelta(minutes=1)


def test_a_promise_of_the_store_beyond_its_own_clock_is_not_believed(study, store):
    now = timezone.now()
    store.headers = {
        "Date": email.utils.format_datetime(now, usegmt=True),
        "X-Experience-API-Consistent-Through": (now + dt.timedelta(days=2)).isoformat(),
    }
    sync_runs.sync_source(study)
    study.refresh_from_db()
    assert dt.datetime.fromisoformat(study.cursor["since"]) <= now - xapi.OVERLAP


def test_a_statement_of_another_school_s_student_is_dropped_and_counted(study, store, cast):
    away = factories.student(
        factories.school_class(cast.away_school, "1年1組", "J1"), "よそ", number=1
    )
    store.pages = [[statement(away), statement(cast.sakura)]]
    run = sync_runs.sync_source(study)
    assert (run.n_kept, run.n_not_consented) == (1, 1)
    assert set(LinkedRecord.objects.values_list("student", flat=True)) == {cast.sakura.pk}
