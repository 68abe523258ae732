"""One bad row is an issue of its row; the others are imported, and no source delays another."""

import datetime as dt
import json
from pathlib import Path

import pytest
from aiohttp import web
from django.db import DataError, transaction
from django.urls import reverse

from apps.consent.models import Purpose
from apps.core.clock import today
from apps.linkage.connectors import xapi
from apps.linkage.connectors.contract import Issue, Page, Record, SourcePosition
from apps.linkage.connectors.value_limits import DATE_IN_FUTURE, DATE_TOO_OLD
from apps.linkage.fact_kinds import FACT_KINDS, STATEMENT, STUDY_WEEK
from apps.linkage.models import DataSource, LinkedRecord, RunFault, RunState, SourceKind
from apps.linkage.services import data_sources, record_writer, sync_issues, sync_runs
from apps.linkage.services.importer import VALUE_NOT_STORABLE, Importer
from tests import factories
from tests.linkage.test_attendance_import import days_ago
from tests.linkage.test_statement_import import statement
from tests.sandbox.lrs_server import serving

INPUTS = Path(__file__).parent / "inputs"


class Pages:
    """An LRS that gives each of these bodies (bytes) as one page, whatever is asked."""

    def __init__(self, *bodies):
        self.bodies, self.requests_seen = list(bodies), []

    async def answer(self, request):
        self.requests_seen.append(dict(request.query))
        return web.Response(body=self.bodies.pop(0), content_type="application/json")

    def app(self):
        application = web.Application()
        application.add_routes([web.get("/xapi/statements", self.answer)])
        return application


@pytest.fixture
def read(cast, settings, tmp_path):
    """``read(body, …)`` reads these bodies as an LRS's pages: (source, runs)."""
    factories.make_effective(cast.sakura, Purpose.STUDY_LOG)

    def reading(*bodies):
        pages = Pages(*bodies)
        with serving(tmp_path, app=pages.app()) as url:
            settings.LRS_SANDBOX_URL = url
            source = DataSource.objects.create(
                municipality=cast.city, school=cast.school, kind=SourceKind.XAPI_LRS,
                title="学習", place=url,
            )  # fmt: skip
            return source, [sync_runs.sync_source(source) for _ in bodies]

    return reading


def page_of(folder, student, *others):
    """The body of an input's page about this student, with other statements after its own."""
    text = (INPUTS / folder / "page.json").read_text()
    body = json.loads(text.replace("MASTER-ID-OF-A-CONSENTING-STUDENT", str(student.master_id)))
    body["statements"] += others
    return json.dumps(body).encode()


BAD_STATEMENTS = {
    "xapi-integer-over-64-bit": xapi.SCORE_OUT_OF_RANGE,
    "xapi-lone-surrogate": xapi.TEXT_NOT_STORABLE,
    "xapi-year-9999": xapi.TIMESTAMP_OUT_OF_RANGE,
    "xapi-future": DATE_IN_FUTURE,
}


@pytest.mark.parametrize("folder", BAD_STATEMENTS)
def test_a_statement_that_cannot_be_kept_is_named_and_the_others_are_taken(
    folder, cast, read, time_machine
):
    time_machine.move_to(dt.datetime(2026, 11, 28, 1, 0, tzinfo=dt.UTC))
    source, (run,) = read(page_of(folder, cast.sakura, statement(cast.sakura)))
    assert (run.state, run.n_kept, run.n_issues) == (RunState.PARTLY, 1, 1)
    issue = run.issues.get()
    assert issue.reason == BAD_STATEMENTS[folder]
    assert issue.file == "11111111-1111-4111-8111-111111111111"
    ((_, until, _),) = data_sources.source_freshness(source)
    assert until <= today()
    kept_until = LinkedRecord.objects.values_list("kept_until", flat=True)
    assert all(day <= today() + dt.timedelta(days=366) for day in kept_until)


BROKEN = {
    "year 1": ({"timestamp": "0001-01-01T00:00:00+09:00"}, xapi.TIMESTAMP_OUT_OF_RANGE),
    "year 1, plainly": ({"timestamp": "0001-01-02T00:00:00Z"}, DATE_TOO_OLD),
    "year 9999, at its end": ({"timestamp": "9999-12-31T23:59:59-01:00"}, xapi.TIMESTAMP_OUT_OF_RANGE),
    "no number": ({"result": {"score": {"scaled": float("nan")}}}, xapi.SCORE_OUT_OF_RANGE),
    "more than one": ({"result": {"score": {"scaled": 1.01}}}, xapi.SCORE_OUT_OF_RANGE),
    "a cut verb": ({"verb": {"id": "http://x.example/\ud83d"}}, xapi.TEXT_NOT_STORABLE),
    "a NUL": ({"object": {"id": "http://x.example/\0"}}, xapi.TEXT_NOT_STORABLE),
    "a cut type": (
        {"object": {"id": "http://x.example/", "definition": {"type": "\udc00"}}}, xapi.TEXT_NOT_STORABLE,
    ),
    "no actor": ({"actor": None}, xapi.STATEMENT_INCOMPLETE),
    "a list": ({"verb": []}, xapi.STATEMENT_INCOMPLETE),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_whatever_a_statement_holds_only_it_is_left_out(name, cast, read):
    changes, reason = BROKEN[name]
    body = {"statements": [statement(cast.sakura, **changes), statement(cast.sakura)]}
    _, (run,) = read(json.dumps(body).encode())
    assert (run.n_kept, run.issues.get().reason) == (1, reason)


def test_a_number_of_five_thousand_digits_leaves_the_page_readable(cast, read):
    body = json.dumps({"statements": [statement(cast.sakura, result={"score": {"scaled": 7}})]})
    _, (run,) = read(body.replace('"scaled": 7', f'"scaled": {"9" * 5000}').encode())
    assert (run.state, run.issues.get().reason) == (RunState.PARTLY, xapi.SCORE_OUT_OF_RANGE)


def test_a_clock_that_is_a_little_ahead_is_borne_but_not_told_as_news(cast, read):
    ahead = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=20)).isoformat()
    source, (run,) = read(
        json.dumps({"statements": [statement(cast.sakura, timestamp=ahead)]}).encode()
    )
    assert (run.state, run.n_kept) == (RunState.DONE, 1)
    assert data_sources.source_freshness(source)[0][1] == today()


def test_a_freshness_of_the_future_that_stands_there_is_put_right(cast, source, agreed, put):
    put(f"1001,{days_ago(1)},病欠,")
    sync_runs.sync_source(source)
    source.freshness.update(until_on=dt.date(2099, 1, 10))
    put(f"1001,{days_ago(2)},病欠,", name="attendance_daily_2.csv")
    sync_runs.sync_source(source)
    assert data_sources.source_freshness(source)[0][1].isoformat() == days_ago(2)


# -- any kind, whatever its connector yields -------------------------------------------------------


@pytest.mark.parametrize("day", [dt.date(1, 1, 1), dt.date(1999, 12, 31), dt.date(9999, 12, 31)])
@pytest.mark.parametrize("kind", [kind for kind in FACT_KINDS if kind != STUDY_WEEK])
def test_no_day_outside_the_calendar_of_a_school_is_kept(kind, day, cast, source):
    factories.make_effective(cast.sakura, FACT_KINDS[kind].purpose)
    source.kind = SourceKind.XAPI_LRS if kind == STATEMENT else SourceKind.SCHOOL_FILES
    code = str(cast.sakura.master_id) if kind == STATEMENT else "1001"
    batch = Importer(source).write(
        [Page([Record(kind, code, "k", day, {}, SourcePosition("f.csv", 7))])]
    )
    (issue,) = batch.issues
    assert (issue.place.line, issue.reason in (DATE_IN_FUTURE, DATE_TOO_OLD)) == (7, True)
    assert (batch.n_kept, batch.latest, LinkedRecord.objects.count()) == (0, {}, 0)


@pytest.mark.parametrize("value", [10**20, "\ud83d", object()])
def test_no_value_that_cannot_be_sealed_stops_the_others(value, agreed, source):
    day = today() - dt.timedelta(days=1)
    rows = [
        Record(
            "attendance_daily", "1001", f"1001|{n}", day, {"mark": mark}, SourcePosition("f.csv", n)
        )
        for n, mark in enumerate(["LATE", value, "EARLY"], 2)
    ]
    batch = Importer(source).write([Page(rows)])
    assert (batch.n_kept, batch.issues) == (
        2,
        [Issue(VALUE_NOT_STORABLE, SourcePosition("f.csv", 3))],
    )


# -- a source that fails unexpectedly --------------------------------------------------------------


@pytest.fixture
def second(cast, inbox):
    (inbox.parent / "second").mkdir()
    return DataSource.objects.create(
        municipality=cast.city, school=cast.school, kind=SourceKind.SCHOOL_FILES,
        title="ふたつめ", place="second",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("error", "fault", "words"),
    [
        (DataError("integer out of range"), RunFault.VALUE, "扱えない 値"),
        (OverflowError("ひみつ"), RunFault.VALUE, "扱えない 値"),
        (MemoryError(), RunFault.MEMORY, "メモリーが 足りなくて"),
        (RuntimeError("ひみつ"), RunFault.UNKNOWN, "思わぬ こと"),
    ],
)
def test_one_source_that_fails_leaves_the_others_read_and_names_its_row(
    error, fault, words, agreed, source, second, put, monkeypatch, caplog
):
    put(f"1001,{days_ago(2)},病欠,", f"1001,{days_ago(1)},病欠,")
    add = record_writer.RecordWriter.add

    def fails(*row):
        raise error

    monkeypatch.setattr(record_writer.RecordWriter, "add", fails)
    runs = {run.source_id: run for run in sync_runs.sync_all()}
    assert runs[second.pk].state == RunState.DONE
    broken = runs[source.pk]
    assert (broken.state, broken.fault) == (RunState.FAILED, fault)
    assert broken.message.startswith("「attendance_daily.csv」の 2行めの あたりで、")
    assert words in broken.message
    assert "ひみつ" not in broken.message + caplog.text
    assert type(error).__name__ in caplog.text
    monkeypatch.setattr(record_writer.RecordWriter, "add", add)
    assert sync_runs.sync_source(source).n_kept == 2


def test_a_failure_outside_the_reading_stops_no_other_source_either(
    agreed, source, second, put, monkeypatch
):
    put(f"1001,{days_ago(1)},病欠,")
    finish = sync_runs._finish

    def fails(of, *more):
        if of.pk == second.pk:
            raise RuntimeError
        finish(of, *more)

    monkeypatch.setattr(sync_runs, "_finish", fails)
    DataSource.objects.filter(pk=source.pk).update(
        next_at="2026-11-19T00:00Z"
    )  # the other is first
    (run,) = sync_runs.sync_all()
    assert (run.source_id, run.n_kept) == (source.pk, 1)


def test_a_source_that_is_given_up_names_the_place_at_which_it_was_cut_off(
    agreed, source, put, monkeypatch
):
    put(f"1001,{days_ago(1)},病欠,")

    def killed(*_):
        raise KeyboardInterrupt  # not caught anywhere, like a worker's death

    monkeypatch.setattr(record_writer.RecordWriter, "add", killed)
    for _ in range(3):
        DataSource.objects.update(next_at=None)
        with transaction.atomic(), pytest.raises(KeyboardInterrupt):
            sync_runs.sync_all()
    sync_runs.sync_all()
    source.refresh_from_db()
    assert source.stopped_at is not None
    (trouble,) = data_sources.source_problems(agreed.officer.user)
    assert trouble.words.startswith("3回 つづけて 「attendance_daily.csv」の 2行めの あたりで、")


# -- how much could not be imported ---------------------------------------------------------------


def test_every_bad_row_is_counted_though_only_the_first_are_noted(agreed, source, put, sign_in):
    put(*["1001,きのう,病欠,"] * 1_200, f"1001,{days_ago(1)},病欠,")
    run = sync_runs.sync_source(source)
    assert (run.n_issues, run.issues.count()) == (1_200, sync_issues.MAX_ISSUES)
    assert run.message == "取り込めなかった 行が 1,200件 あります。ほかの 1行は 取り込みました。"
    client = sign_in(agreed.officer.user)
    page = client.get(reverse("admin:linkage_run", args=[run.pk])).content.decode()
    assert "1,200件のうち、はじめの 500件を書きとめました。" in page


def test_a_file_of_which_nothing_was_taken_says_so(agreed, source, put):
    put("1001,きのう,病欠,", "1001,おととい,病欠,")
    run = sync_runs.sync_source(source)
    assert run.message == "1行も 取り込んで いません。取り込めなかった 行が 2件 あります。"
