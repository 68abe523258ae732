"""The periodic work that is measured when nothing, or one thing, is due."""

import uuid
from functools import partial

from apps.cases.models import Rule
from apps.cases.services import signs
from apps.checkins.services import retention, submissions
from apps.consent.services.ledger_verification import verify_ledger
from apps.consent.services.scheduled_work import reconcile_all
from apps.core import clock
from apps.helpline.services import duty_rosters
from apps.linkage.models import DataSource
from apps.linkage.services import deletion, sync_runs
from apps.push.audience import BroadcastAudience
from apps.push.services import broadcasts, chunks
from bench.year import fill
from bench.year.measure import Probe

MARKS = ("病欠", "遅刻")


def periodic_work(cast):
    """Probes of the tasks."""
    yield Probe("linkage_sweep", deletion.delete_expired_records)
    yield Probe("checkin_sweep", retention.delete_expired_checkins)
    yield Probe("sync_nothing_new", sync_runs.sync_all, _all_due)
    yield Probe("signs_sweep", signs.update_signs)
    yield Probe("one_rule", signs.update_signs, partial(_answer, cast))
    yield Probe("one_attendance_rule", signs.update_signs, _News(cast))
    yield Probe("replan", duty_rosters.replan_all_steps)
    yield Probe("verify_ledger", _verify)
    yield Probe("reconcile_keys", reconcile_all)
    yield Probe("plan_messages", chunks.plan_next_broadcast, partial(_wait_for_all, cast))


def rules_up_to_date():
    """Every rule has looked at what is there."""
    if any(field.name == "swept_at" for field in Rule._meta.fields):
        Rule.objects.update(swept_at=clock.now())


def _all_due():
    DataSource.objects.update(next_at=None)


def _answer(cast):
    submissions.submit(
        student=cast.student, question_set=cast.question_set, answers={"mood": "2"},
        client_key=uuid.uuid4(),
    )  # fmt: skip


class _News:
    """A file that says something new about one student, read."""

    def __init__(self, cast):
        self._cast, self._n = cast, 0

    def __call__(self):
        self._n += 1
        source = fill.source_of(self._cast, self._cast.schools[0])
        DataSource.objects.filter(pk=source.pk).update(keeps_others=True)
        source.refresh_from_db()
        mark, day = MARKS[self._n % 2], clock.today().isoformat()
        lines = ["管理コード,日付,出欠区分,備考", f"{self._cast.student.local_code},{day},{mark},"]
        file = fill.folder_of(source) / "attendance_daily_new.csv"
        file.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8-sig")
        run = sync_runs.sync_source(source)
        if run.n_kept != 1:
            raise RuntimeError(f"the news: {run.state} {run.message}")


def _verify():
    verdict = verify_ledger()
    if verdict.findings:
        raise RuntimeError(f"{verdict.findings[0]}")


def _wait_for_all(cast):
    audience = BroadcastAudience(cast.city.pk)
    broadcasts.send_to_audience(
        audience, topic=uuid.uuid4().hex, path="/notices/", expires_at=clock.now().replace(hour=23)
    )
