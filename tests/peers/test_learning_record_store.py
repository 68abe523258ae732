"""The study log against a third-party Learning Record Store."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import requests

from apps.consent.models import Purpose
from apps.linkage.connectors import xapi
from apps.linkage.fact_kinds import STATEMENT
from apps.linkage.models import DataSource, LinkedRecord, RunState, SourceKind
from apps.linkage.services import data_sources, sync_runs
from tests import factories

pytestmark = [pytest.mark.peer, pytest.mark.django_db]


@pytest.fixture
def study(cast, lrs, settings):
    settings.LRS_SANDBOX_URL = lrs
    factories.make_effective(cast.sakura, Purpose.STUDY_LOG)
    return DataSource.objects.create(
        municipality=cast.city,
        school=cast.school,
        kind=SourceKind.XAPI_LRS,
        title="学習",
        place=lrs,
    )


def statement(student, **changes):
    account = {"homePage": "https://portal.example", "name": str(student.master_id).upper()}
    return {
        "id": str(uuid.uuid4()),
        "actor": {"objectType": "Agent", "account": account},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/answered"},
        "object": {"id": f"https://portal.example/q/{uuid.uuid4()}"},
        "result": {"success": True, "score": {"scaled": 0.5}, "duration": "PT30S"},
        "timestamp": (datetime.now(UTC) - timedelta(minutes=5)).isoformat(),
        **changes,
    }


def post(lrs, *statements):
    answer = requests.post(
        f"{lrs}/statements", json=list(statements), auth=("demo", "demo"), timeout=20,
        headers={"X-Experience-API-Version": "1.0.3"},
    )  # fmt: skip
    answer.raise_for_status()


def stored_records():
    return LinkedRecord.objects.filter(kind=STATEMENT)


def test_it_answers_and_names_no_one(study):
    assert data_sources.check_source(study) == "LRS が 答えました。"


def test_what_is_posted_comes_in_once(cast, study, lrs):
    post(lrs, statement(cast.sakura), statement(cast.ren))
    run = sync_runs.sync_source(study)
    assert (run.state, run.n_kept, stored_records().count()) == (RunState.DONE, 1, 1)
    assert sync_runs.sync_source(study).n_kept == 0
    post(lrs, statement(cast.sakura))
    assert sync_runs.sync_source(study).n_kept == 1


def test_a_batch_of_one_stored_moment_is_read_to_its_end_over_pages(cast, study, lrs, monkeypatch):
    monkeypatch.setattr(xapi, "PAGE_SIZE", 7)
    post(lrs, *(statement(cast.sakura) for _ in range(30)))
    assert sync_runs.sync_source(study).n_kept == 30
    post(lrs, *(statement(cast.sakura) for _ in range(30)))
    assert sync_runs.sync_source(study).n_kept == 30
    assert stored_records().count() == 60


def test_a_voided_statement_goes(cast, study, lrs):
    one = statement(cast.sakura)
    post(lrs, one)
    sync_runs.sync_source(study)
    void = {"id": xapi.VOIDED_VERB, "display": {"en": "voided"}}
    post(lrs, statement(
        cast.ren, verb=void, object={"objectType": "StatementRef", "id": one["id"]}, result={},
    ))  # fmt: skip
    run = sync_runs.sync_source(study)
    assert (run.n_erased, stored_records().count()) == (1, 0)


def test_the_same_statement_posted_again_is_the_same_row(cast, study, lrs):
    one = statement(cast.sakura)
    post(lrs, one)
    post(lrs, one)
    assert sync_runs.sync_source(study).n_kept == 1


def test_the_watermark_is_behind_what_the_store_promises(cast, study, lrs):
    post(lrs, statement(cast.sakura))
    sync_runs.sync_source(study)
    study.refresh_from_db()
    since = datetime.fromisoformat(study.cursor["since"])
    assert since <= datetime.now(UTC) - xapi.OVERLAP + timedelta(seconds=5)
