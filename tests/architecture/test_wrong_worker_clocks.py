"""A worker whose clock is two hours off does nothing early and nothing late: notices, sources, checkpoints."""

from datetime import timedelta
from pathlib import Path

import jwt
import pytest

from apps.core import clock
from apps.core.storage_aliases import SOURCES
from apps.ledger.models import Checkpoint
from apps.ledger.services.checkpoints import make_checkpoint
from apps.linkage.models import DataSource, RunState, SourceKind, SyncRun
from apps.linkage.services.sync_runs import sync_all
from apps.notices.models import Notice
from apps.notices.services import drafts, inbox, publication
from apps.selfinfo import session_states as states
from apps.selfinfo.models import SelfInfoSession
from apps.selfinfo.services import session_steps
from tests import factories
from tests.storage_folders import use_folder

WRONG = pytest.mark.parametrize("hours", [-2, 2])
HOUR = timedelta(hours=1)


def is_about(moment, wanted):
    return abs(moment - wanted) < timedelta(seconds=30)


@WRONG
def test_a_notice_comes_out_in_its_hour_and_not_in_the_workers(cast, clocks_apart, hours):
    clocks_apart(hours)
    notice = Notice.objects.create(
        municipality=cast.city, title="お知らせ", body="みんなへ", written_by=cast.officer.user,
        publish_at=clock.now() + HOUR,
    )  # fmt: skip
    drafts.submit_draft(notice, by=cast.officer.user)
    publication.publish_notice(notice, by=cast.principal.user)
    assert publication.publish_due() == 0
    assert not inbox.inbox_for(cast.sakura.user)
    Notice.objects.update(publish_at=clock.now() - timedelta(seconds=1))
    assert publication.publish_due() == 1
    assert len(inbox.inbox_for(cast.sakura.user)) == 1
    notice.refresh_from_db()
    assert is_about(notice.push_sent_at, clock.now())


@pytest.fixture
def source(cast, tmp_path, settings):
    use_folder(settings, SOURCES, tmp_path)
    (Path(tmp_path) / cast.city.code / "towa").mkdir(parents=True)
    return DataSource.objects.create(
        municipality=cast.city, school=cast.school, kind=SourceKind.SCHOOL_FILES,
        title="出欠", place="towa",
    )  # fmt: skip


@WRONG
def test_a_source_is_read_when_it_is_due_and_not_when_the_worker_thinks(
    source, clocks_apart, hours
):
    clocks_apart(hours)
    DataSource.objects.update(next_at=clock.now() + HOUR)
    assert sync_all() == []
    DataSource.objects.update(next_at=clock.now() - timedelta(seconds=1))
    (run,) = sync_all()
    assert run.state != RunState.RUNNING
    assert is_about(SyncRun.objects.get().finished_at, clock.now())
    source.refresh_from_db()
    assert source.next_at > clock.now()


@pytest.fixture
def session(cast, clocks_apart):
    clocks_apart(0)
    return SelfInfoSession.objects.create(
        municipality=cast.city, student=cast.sakura,
        guardian=cast.midori,
        purposes=["income"], is_trial=True, state=states.AUTHORISING,
        ends_at=clock.now() + 2 * HOUR, next_at=clock.now() + HOUR,
        state_digest=b"1", browser_digest=b"2", notify_digest=b"3",
    )  # fmt: skip


@WRONG
def test_a_way_to_the_myna_portal_ends_when_its_time_is_over_and_not_before(
    session, clocks_apart, hours
):
    clocks_apart(hours)
    assert session_steps.advance_sessions() == 0
    SelfInfoSession.objects.update(next_at=clock.now() - timedelta(seconds=1))
    assert session_steps.advance_sessions() == 1
    session.refresh_from_db()
    assert session.state == states.EXPIRED
    assert is_about(session.state_changed_at, clock.now())


@WRONG
def test_a_checkpoint_says_the_databases_time(cast, clocks_apart, hours):
    factories.make_effective(cast.sakura, "attendance")
    clocks_apart(hours)
    checkpoint = make_checkpoint()
    statement = jwt.decode(checkpoint.statement, options={"verify_signature": False})
    assert abs(statement["at"] - clock.now().timestamp()) < 30
    stored = Checkpoint.objects.get()
    assert is_about(stored.made_at, clock.now())
    assert is_about(stored.copied_at, clock.now())
