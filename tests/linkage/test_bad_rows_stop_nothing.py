"""One bad row is an issue of its row; the others are taken, and no source waits for another."""

import datetime as dt
import json
from pathlib import Path

import pytest
from aiohttp import web
from django.db import DataError, transaction
from django.urls import reverse

from apps.consent.models import Purpose
from apps.core.clock import today
from apps.linkage import findings, services, staging
from apps.linkage.connectors import xapi
from apps.linkage.connectors.contract import Issue, Page, Place, Record
from apps.linkage.connectors.limits import NOT_YET, TOO_OLD
from apps.linkage.kinds import KINDS, STATEMENT, STUDY_WEEK
from apps.linkage.models import DataSource, Fault, LinkedRecord, RunState, SourceKind
from apps.linkage.taking import CANNOT_KEEP, Taking
from tests import factories
from tests.linkage.test_taking_in_attendance import days_ago
from tests.linkage.test_taking_in_statements import statement
from tests.sandbox.lrs_server import serving

INPUTS = Path(__file__).parent / "inputs"


class Pages:
    """An LRS that gives each of these bodies (bytes) as one page, whatever is asked."""

    def __init__(self, *bodies):
        self.bodies, self.asked = list(bodies), []

    async def answer(self, request):
        self.asked.append(dict(request.query))
        return web.Response(body=self.bodies.pop(0), content_type="application/json")

    def app(self):
        made = web.Application()
        made.add_routes([web.get("/xapi/statements", self.answer)])
        return made


@pytest.fixture
def read(cast, settings, tmp_path):
    """``read(body, …)`` reads these bodies as an LRS's pages: (source, runs)."""
    factories.effective(cast.sakura, Purpose.STUDY_LOG)

    def reading(*bodies):
        pages = Pages(*bodies)
        with serving(tmp_path, app=pages.app()) as url:
            settings.LRS_SANDBOX_URL = url
            source = DataSource.objects.create(
                municipality=cast.city, school=cast.school, kind=SourceKind.XAPI_LRS,
                title="学習", place=url,
            )  # fmt: skip
            return source, [services.sync(source) for _ in bodies]

    return reading


def page_of(folder, student, *others):
    """The body of an input's page about this student, with other statements after its own."""
    text = (INPUTS / folder / "page.json").read_text()
    body = json.loads(text.replace("MASTER-ID-OF-A-CONSENTING-STUDENT", str(student.master_id)))
    body["statements"] += others
    return json.dumps(body).encode()


BAD_STATEMENTS = {
    "xapi-integer-over-64-bit": xapi.BAD_SCORE,
    "xapi-lone-surrogate": xapi.BROKEN_TEXT,
    "xapi-year-9999": xapi.NO_MOMENT,
    "xapi-future": NOT_YET,
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
    ((_, until, _),) = services.freshness_of(source)
    assert until <= today()
    kept_until = LinkedRecord.objects.values_list("kept_until", flat=True)
    assert all(day <= today() + dt.timedelta(days=366) for day in kept_until)


BROKEN = {
    "year 1": ({"timestamp": "0001-01-01T00:00:00+09:00"}, xapi.NO_MOMENT),
    "year 1, plainly": ({"timestamp": "0001-01-02T00:00:00Z"}, TOO_OLD),
    "year 9999, at its end": ({"timestamp": "9999-12-31T23:59:59-01:00"}, xapi.NO_MOMENT),
    "no number": ({"result": {"score": {"scaled": float("nan")}}}, xapi.BAD_SCORE),
    "more than one": ({"result": {"score": {"scaled": 1.01}}}, xapi.BAD_SCORE),
    "a cut verb": ({"verb": {"id": "http://x.example/\ud83d"}}, xapi.BROKEN_TEXT),
    "a NUL": ({"object": {"id": "http://x.example/\0"}}, xapi.BROKEN_TEXT),
    "a cut type": (
        {"object": {"id": "http://x.example/", "definition": {"type": "\udc00"}}}, xapi.BROKEN_TEXT,
    ),
    "no actor": ({"actor": None}, xapi.INCOMPLETE),
    "a list": ({"verb": []}, xapi.INCOMPLETE),
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
    assert (run.state, run.issues.get().reason) == (RunState.PARTLY, xapi.BAD_SCORE)


def test_a_clock_that_is_a_little_ahead_is_borne_but_not_told_as_news(cast, read):
    ahead = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=20)).isoformat()
    source, (run,) = read(
        json.dumps({"statements": [statement(cast.sakura, timestamp=ahead)]}).encode()
    )
    assert (run.state, run.n_kept) == (RunState.DONE, 1)
    assert services.freshness_of(source)[0][1] == today()


def test_a_freshness_of_the_future_that_stands_there_is_put_right(cast, source, agreed, put):
    put(f"1001,{days_ago(1)},病欠,")
    services.sync(source)
    source.freshness.update(until_on=dt.date(2099, 1, 10))
    put(f"1001,{days_ago(2)},病欠,", name="attendance_daily_2.csv")
    services.sync(source)
    assert services.freshness_of(source)[0][1].isoformat() == days_ago(2)


# -- any kind, whatever its connector lets through -------------------------------------------------


@pytest.mark.parametrize("day", [dt.date(1, 1, 1), dt.date(1999, 12, 31), dt.date(9999, 12, 31)])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != STUDY_WEEK])
def test_no_day_outside_the_calendar_of_a_school_is_kept(kind, day, cast, source):
    factories.effective(cast.sakura, KINDS[kind].purpose)
    source.kind = SourceKind.XAPI_LRS if kind == STATEMENT else SourceKind.SCHOOL_FILES
    code = str(cast.sakura.master_id) if kind == STATEMENT else "1001"
    lot = Taking(source).take([Page([Record(kind, code, "k", day, {}, Place("f.csv", 7))])], id)
    (issue,) = lot.issues
    assert (issue.place.line, issue.reason in (NOT_YET, TOO_OLD)) == (7, True)
    assert (lot.n_kept, lot.latest, LinkedRecord.objects.count()) == (0, {}, 0)


@pytest.mark.parametrize("value", [10**20, "\ud83d", object()])
def test_no_value_that_cannot_be_sealed_stops_the_others(value, agreed, source):
    day = today() - dt.timedelta(days=1)
    rows = [
        Record("attendance_daily", "1001", f"1001|{n}", day, {"mark": mark}, Place("f.csv", n))
        for n, mark in enumerate(["LATE", value, "EARLY"], 2)
    ]
    lot = Taking(source).take([Page(rows)], id)
    assert (lot.n_kept, lot.issues) == (2, [Issue(CANNOT_KEEP, Place("f.csv", 3))])


# -- a source that fails in a way nobody foresaw ----------------------------------------------------


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
        (DataError("integer out of range"), Fault.VALUE, "扱えない 値"),
        (OverflowError("ひみつ"), Fault.VALUE, "扱えない 値"),
        (MemoryError(), Fault.MEMORY, "メモリーが 足りなくて"),
        (RuntimeError("ひみつ"), Fault.UNKNOWN, "思わぬ こと"),
    ],
)
def test_one_source_that_fails_leaves_the_others_read_and_names_its_row(
    error, fault, words, agreed, source, second, put, monkeypatch, caplog
):
    put(f"1001,{days_ago(2)},病欠,", f"1001,{days_ago(1)},病欠,")
    add = staging.Rows.add

    def fails(*row):
        raise error

    monkeypatch.setattr(staging.Rows, "add", fails)
    runs = {run.source_id: run for run in services.sync_all()}
    assert runs[second.pk].state == RunState.DONE
    broken = runs[source.pk]
    assert (broken.state, broken.fault) == (RunState.FAILED, fault)
    assert broken.message.startswith("「attendance_daily.csv」の 2行めの あたりで、")
    assert words in broken.message
    assert "ひみつ" not in broken.message + caplog.text
    assert type(error).__name__ in caplog.text
    monkeypatch.setattr(staging.Rows, "add", add)
    assert services.sync(source).n_kept == 2


def test_a_failure_outside_the_reading_stops_no_other_source_either(
    agreed, source, second, put, monkeypatch
):
    put(f"1001,{days_ago(1)},病欠,")
    finish = services.running._finish

    def fails(of, *more):
        if of.pk == second.pk:
            raise RuntimeError
        finish(of, *more)

    monkeypatch.setattr(services.running, "_finish", fails)
    DataSource.objects.filter(pk=source.pk).update(
        next_at="2026-11-19T00:00Z"
    )  # the other is first
    (run,) = services.sync_all()
    assert (run.source_id, run.n_kept) == (source.pk, 1)


def test_a_source_that_is_given_up_names_the_place_at_which_it_was_cut_off(
    agreed, source, put, monkeypatch
):
    put(f"1001,{days_ago(1)},病欠,")

    def killed(*_):
        raise KeyboardInterrupt  # nothing of ours catches it, like a worker's death

    monkeypatch.setattr(staging.Rows, "add", killed)
    for _ in range(3):
        DataSource.objects.update(next_at=None)
        with transaction.atomic(), pytest.raises(KeyboardInterrupt):
            services.sync_all()
    services.sync_all()
    source.refresh_from_db()
    assert source.stopped_at is not None
    (trouble,) = services.troubles(agreed.officer.user)
    assert trouble.words.startswith("3回 つづけて 「attendance_daily.csv」の 2行めの あたりで、")


# -- how much could not be taken in ---------------------------------------------------------------


def test_every_bad_row_is_counted_though_only_the_first_are_noted(agreed, source, put, sign_in):
    put(*["1001,きのう,病欠,"] * 1_200, f"1001,{days_ago(1)},病欠,")
    run = services.sync(source)
    assert (run.n_issues, run.issues.count()) == (1_200, findings.MOST)
    assert run.message == "取り込めなかった 行が 1,200件 あります。ほかの 1行は 取り込みました。"
    client = sign_in(agreed.officer.user)
    page = client.get(reverse("admin:linkage_run", args=[run.pk])).content.decode()
    assert "1,200件のうち、はじめの 500件を書きとめました。" in page


def test_a_file_of_which_nothing_was_taken_says_so(agreed, source, put):
    put("1001,きのう,病欠,", "1001,おととい,病欠,")
    run = services.sync(source)
    assert run.message == "1行も 取り込んで いません。取り込めなかった 行が 2件 あります。"
