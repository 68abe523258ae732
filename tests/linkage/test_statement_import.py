"""Study statements are read from a real LRS over HTTP: reduced, sealed, once; failures are named."""

import datetime as dt
import uuid

import pytest
import requests
from aiohttp import web
from django.utils import timezone

from apps.consent.models import Purpose
from apps.linkage.connectors import xapi
from apps.linkage.fact_kinds import STATEMENT, STUDY_WEEK
from apps.linkage.models import DataSource, LinkedRecord, RunState, SourceKind
from apps.linkage.services import data_sources, sync_runs
from apps.sandbox.lrs_store import VOIDED_VERB
from apps.vault.services.sealed_content import OpeningReason, open_sealed
from tests import factories
from tests.sandbox.lrs_server import serving


@pytest.fixture
def lrs(tmp_path, settings):
    with serving(tmp_path / "lrs.sqlite3") as url:
        settings.LRS_SANDBOX_URL = url
        yield url


@pytest.fixture
def study(cast, lrs):
    factories.make_effective(cast.sakura, Purpose.STUDY_LOG)
    return source_at(cast, lrs)


def source_at(cast, url, **more):
    return DataSource.objects.create(
        municipality=cast.city, school=cast.school, kind=SourceKind.XAPI_LRS,
        title="学習", place=url, **more,
    )  # fmt: skip


def statement(student, *, days_ago=1, **changes):
    account = {"homePage": "https://portal.example", "name": str(student.master_id).upper()}
    return {
        "id": str(uuid.uuid4()),
        "actor": {"name": "加賀 さくら", "account": account},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/answered"},
        "object": {"id": "https://drill.example/1", "definition": {"type": "https://x.example/t"}},
        "result": {"success": True, "response": "わたしの答え", "score": {"scaled": 0.5, "raw": 5}},
        "context": {"instructor": {"name": "先生"}},
        "timestamp": (timezone.now() - dt.timedelta(days=days_ago)).isoformat(),
        **changes,
    }


def post(lrs, *statements):
    requests.post(
        f"{lrs}/statements", json=list(statements), auth=("demo", "demo"), timeout=10,
        headers={"X-Experience-API-Version": "1.0.3"},
    ).raise_for_status()  # fmt: skip


def weeks_of(cast):
    rows = LinkedRecord.objects.filter(kind=STUDY_WEEK).select_related("student")
    values = open_sealed(rows, actor=cast.counsellor.user, reason=OpeningReason.SIGN)
    return sorted(values, key=lambda sums: sums["week"])


def test_only_the_allow_list_is_kept_and_only_of_those_who_agree(cast, lrs, study):
    post(lrs, statement(cast.sakura), statement(cast.ren))
    run = sync_runs.sync_source(study)
    assert (run.state, run.n_kept, run.n_not_consented) == (RunState.DONE, 1, 1)
    rows = LinkedRecord.objects.filter(kind=STATEMENT).select_related("student")
    (opened,) = open_sealed(rows, actor=cast.counsellor.user, reason=OpeningReason.SIGN)
    assert set(opened) == {"verb", "object", "type", "success", "scaled", "timestamp"}
    assert (opened["success"], opened["scaled"]) == (True, 0.5)


def test_the_next_run_reads_the_overlap_again_and_changes_nothing(cast, lrs, study):
    post(lrs, statement(cast.sakura))
    sync_runs.sync_source(study)
    post(lrs, statement(cast.sakura))
    run = sync_runs.sync_source(study)
    assert (run.n_kept, run.n_unchanged) == (1, 1)
    study.refresh_from_db()
    since = dt.datetime.fromisoformat(study.cursor["since"])
    assert since <= dt.datetime.now(dt.UTC) - xapi.OVERLAP


def test_pages_are_followed_and_a_cut_run_goes_on_where_it_was(cast, lrs, study, monkeypatch):
    monkeypatch.setattr(xapi, "PAGE_SIZE", 2)
    post(lrs, *[statement(cast.sakura) for _ in range(5)])
    monkeypatch.setattr("apps.linkage.services.source_reader.RUN_TIME_LIMIT_S", 0)
    first = sync_runs.sync_source(study)
    assert (first.state, first.n_kept) == (RunState.RETRY, 2)
    monkeypatch.setattr("apps.linkage.services.source_reader.RUN_TIME_LIMIT_S", 60)
    second = sync_runs.sync_source(study)
    assert (second.state, second.n_kept, second.n_unchanged) == (RunState.DONE, 3, 0)


def test_a_new_consent_reaches_back_for_what_was_dropped(cast, lrs, study):
    post(lrs, statement(cast.ren))
    assert sync_runs.sync_source(study).n_kept == 0
    factories.make_effective(cast.ren, Purpose.STUDY_LOG)
    assert sync_runs.sync_source(study).n_kept == 1


def test_a_voided_statement_is_deleted(cast, lrs, study):
    one = statement(cast.sakura)
    post(lrs, one)
    sync_runs.sync_source(study)
    teacher = statement(cast.ren, verb={"id": VOIDED_VERB}, object={"id": one["id"]})
    post(lrs, teacher)
    assert sync_runs.sync_source(study).n_erased == 1
    assert not LinkedRecord.objects.filter(kind=STATEMENT).exists()
    assert [sums["n"] for sums in weeks_of(cast)] == [0]


def test_statements_older_than_thirty_days_are_not_kept(cast, lrs, study):
    post(lrs, statement(cast.sakura, days_ago=31))
    assert sync_runs.sync_source(study).n_kept == 0


def test_a_statement_without_what_it_needs_is_named_and_the_others_kept(cast, lrs, study):
    broken = statement(cast.sakura, actor={"mbox": "mailto:sakura@example.com"})
    post(lrs, broken, statement(cast.sakura))
    run = sync_runs.sync_source(study)
    assert (run.state, run.n_kept) == (RunState.PARTLY, 1)
    assert "sakura" not in run.issues.get().reason


def test_a_missing_secret_and_a_wrong_one_fail_with_a_sentence(cast, lrs, monkeypatch, settings):
    settings.LRS_SANDBOX_URL = ""
    source = source_at(cast, lrs, user_name="demo", secret_name="SOURCE_SECRET_172065_TEST")
    run = sync_runs.sync_source(source)
    assert (run.state, run.message[:2]) == (RunState.STOPPED, "接続")
    monkeypatch.setenv("SOURCE_SECRET_172065_TEST", "wrong")
    run = sync_runs.sync_source(source)
    assert (run.state, run.message[:5]) == (RunState.STOPPED, "LRS に")
    monkeypatch.setenv("SOURCE_SECRET_172065_TEST", "demo")
    assert sync_runs.sync_source(source).state == RunState.DONE


ANSWERS = {
    "busy": (lambda: web.Response(status=429), RunState.RETRY),
    "down": (lambda: web.Response(status=503), RunState.RETRY),
    "closed": (lambda: web.Response(status=403), RunState.STOPPED),
    "moved": (lambda: web.Response(status=302, headers={"Location": "/"}), RunState.FAILED),
    "no json": (lambda: web.Response(text="<html>"), RunState.FAILED),
    "no list": (lambda: web.json_response({"statements": 5}), RunState.FAILED),
    "led away": (
        lambda: web.json_response({"statements": [], "more": "http://other.example/x"}),
        RunState.FAILED,
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_each_failure_has_its_state_and_its_sentence(cast, name, settings, tmp_path):
    answer, state = ANSWERS[name]

    async def handle(request):
        return answer()

    app = web.Application()
    app.add_routes([web.get("/xapi/statements", handle)])
    with serving(tmp_path, app=app) as url:
        settings.LRS_SANDBOX_URL = url
        run = sync_runs.sync_source(source_at(cast, url))
    assert run.state == state
    assert run.message.endswith("。")


@pytest.fixture
def in_step(monkeypatch):
    """Pauses without jitter."""
    monkeypatch.setattr("apps.linkage.services.sync_runs.JITTER", 0)


def test_an_lrs_that_is_away_is_asked_again_later_and_later(cast, settings, time_machine, in_step):
    settings.LRS_SANDBOX_URL = "http://127.0.0.1:9/xapi"
    time_machine.move_to(timezone.now(), tick=False)
    source_at(cast, settings.LRS_SANDBOX_URL)
    states = [run.state for run in sync_runs.sync_all()]
    assert states == [RunState.RETRY]
    assert sync_runs.sync_all() == []
    for wait in (1, 2, 4, 8, 16, 32, 64, 64):
        time_machine.shift(wait * 60 - 1)
        assert sync_runs.sync_all() == []
        time_machine.shift(2)
        assert len(sync_runs.sync_all()) == 1


def test_what_the_lrs_asks_for_is_waited_for(cast, settings, tmp_path, time_machine, in_step):
    async def busy(request):
        return web.Response(status=429, headers={"Retry-After": "600"})

    app = web.Application()
    app.add_routes([web.get("/xapi/statements", busy)])
    with serving(tmp_path, app=app) as url:
        settings.LRS_SANDBOX_URL = url
        time_machine.move_to(timezone.now(), tick=False)
        source = source_at(cast, url)
        sync_runs.sync_source(source)
        source.refresh_from_db()
    assert source.next_at == timezone.now() + dt.timedelta(minutes=10)


def test_a_source_that_lets_nobody_in_is_not_asked_again_by_itself(
    cast, lrs, monkeypatch, settings
):
    settings.LRS_SANDBOX_URL = ""
    monkeypatch.setenv("SOURCE_SECRET_172065_TEST", "wrong")
    source = source_at(cast, lrs, user_name="demo", secret_name="SOURCE_SECRET_172065_TEST")
    assert [run.state for run in sync_runs.sync_all()] == [RunState.STOPPED]
    assert sync_runs.sync_all() == []
    (trouble,) = data_sources.source_problems(cast.officer.user)
    assert trouble.words.startswith("LRS に 入れません")
    source.refresh_from_db()
    data_sources.save_source(source, by=cast.officer.user, fields=["user_name"])
    assert [run.state for run in sync_runs.sync_all()] == [RunState.STOPPED]


def test_a_week_of_study_is_summed_beside_its_statements(cast, lrs, study):
    done = {"id": "http://adlnet.gov/expapi/verbs/completed"}
    post(
        lrs,
        statement(cast.sakura, days_ago=1),
        statement(cast.sakura, days_ago=1, verb=done, result={"duration": "PT5M"}),
        statement(cast.sakura, days_ago=8),
    )
    sync_runs.sync_source(study)
    sync_runs.sync_source(study)
    before, now = weeks_of(cast)
    assert (before["n"], now["n"]) == (1, 2)
    assert (now["answered"], now["right"], now["completed"], now["seconds"]) == (1, 1, 1, 300)
