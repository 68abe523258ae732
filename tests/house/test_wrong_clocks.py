"""A worker whose clock is two hours off does nothing early and nothing late: notices, sources, checkpoints."""

from datetime import timedelta
from pathlib import Path

import jwt
import pytest

from apps.consent.models import LedgerCheckpoint
from apps.consent.services import make_checkpoint
from apps.core import clock
from apps.linkage import self_info_states as states
from apps.linkage.models import DataSource, RunState, SelfInfoSession, SourceKind, SyncRun
from apps.linkage.services import self_info
from apps.linkage.services.running import sync_all
from apps.notices import services as notices
from apps.notices.models import Notice
from tests import factories

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
    notices.submit(notice, by=cast.officer.user)
    notices.publish(notice, by=cast.principal.user)
    assert notices.publish_due() == 0
    assert not notices.inbox_for(cast.sakura.user)
    Notice.objects.update(publish_at=clock.now() - timedelta(seconds=1))
    assert notices.publish_due() == 1
    assert len(notices.inbox_for(cast.sakura.user)) == 1
    notice.refresh_from_db()
    assert is_about(notice.rung_at, clock.now())


@pytest.fixture
def source(cast, tmp_path, settings):
    settings.SOURCE_FOLDER = str(tmp_path)
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
    assert self_info.carry() == 0
    SelfInfoSession.objects.update(next_at=clock.now() - timedelta(seconds=1))
    assert self_info.carry() == 1
    session.refresh_from_db()
    assert session.state == states.EXPIRED
    assert is_about(session.moved_at, clock.now())


@WRONG
def test_a_checkpoint_says_the_databases_time(cast, clocks_apart, hours):
    factories.effective(cast.sakura, "attendance")
    clocks_apart(hours)
    made = make_checkpoint()
    said = jwt.decode(made.statement, options={"verify_signature": False})
    assert abs(said["at"] - clock.now().timestamp()) < 30
    kept = LedgerCheckpoint.objects.get()
    assert is_about(kept.made_at, clock.now())
    assert is_about(kept.copied_at, clock.now())
