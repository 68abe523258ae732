"""One run over one source: page by page, each page one transaction, consent held by its key."""

import hashlib
import json
import os
import time
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from apps.consent.models import Purpose, PurposePolicy
from apps.core.clock import today
from apps.linkage.connectors.attendance_csv import AttendanceCsv
from apps.linkage.connectors.contract import AuthError, Issue, SourceError, TransientError
from apps.linkage.connectors.xapi import XapiLrs
from apps.linkage.keeping import kept_until
from apps.linkage.models import LinkedRecord, RunState, SourceKind, SyncIssue
from apps.people.models import Student
from apps.vault.models import SubjectKey
from apps.vault.services import writing_keys

PURPOSES = {SourceKind.SCHOOL_FILES: Purpose.ATTENDANCE, SourceKind.XAPI_LRS: Purpose.STUDY_LOG}
KINDS = {SourceKind.SCHOOL_FILES: "attendance_daily", SourceKind.XAPI_LRS: "statement"}
NAMED_BY = {SourceKind.SCHOOL_FILES: "local_code", SourceKind.XAPI_LRS: "master_id"}
RAW_STATEMENT_DAYS = 30
MAX_ISSUES = 500
PATIENCE_S = 60  # a task may run 90: what is left goes on in the next run
_COUNTS = ("n_read", "n_kept", "n_unchanged", "n_not_consented")


class AlreadyRunning(Exception):
    """Another run over this source is under way; the message is a sentence."""


def connector_of(source):
    """The connector that reads this source. Raises AuthError where its secret is missing."""
    if source.kind == SourceKind.SCHOOL_FILES:
        return AttendanceCsv(Path(settings.SOURCE_FOLDER) / source.place)
    return XapiLrs(source.place, _credentials(source), now=timezone.now())


def run_over(source, run):
    """Read a source to its end and fill the run: counts, issues, state and a sentence.

    Never raises for what a source does: that is what the run's state says.
    """
    try:
        reader = connector_of(source)
        whole = _read_pages(source, run, reader.pull(source.cursor, _agreed(source)))
    except SourceError as error:
        state = RunState.RETRY if isinstance(error, TransientError) else RunState.FAILED
        _finish(run, state, str(error))
    else:
        _finish(run, *_ending(run, whole))


class SingleRun:
    """``with SingleRun(source):`` at most one run a source, whoever asks. Raises AlreadyRunning.

    The lock is the database connection's: a killed worker's is gone with it.
    """

    def __init__(self, source):
        self.number = int.from_bytes(source.pk.bytes[:8], signed=True)

    def __enter__(self):
        if not self._ask("pg_try_advisory_lock"):
            raise AlreadyRunning("いま 連携して います。おわるまで お待ちください。")

    def __exit__(self, *_):
        self._ask("pg_advisory_unlock")

    def _ask(self, function):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [self.number])
            return cursor.fetchone()[0]


# -- pages --------------------------------------------------------------------------------------


def _read_pages(source, run, pages):
    """Take page after page while there is time; whether the end was reached."""
    deadline = time.monotonic() + PATIENCE_S
    for page in pages:
        take_page(source, run, page)
        if time.monotonic() > deadline:
            return False
    return True


@transaction.atomic
def take_page(source, run, page):
    """Keep one page of records of those who agree, and how far the source was read.

    The keys are held FOR SHARE until this commits: a withdrawal waits for it and then makes
    what was written unreadable, or came first and then nothing is written.
    """
    purpose = PURPOSES[source.kind]
    students = _students(source, page.records)
    keys = writing_keys({*students.values(), *_keyed(source, page.erased)}, purpose)
    known = [record for record in page.records if record.subject in students]
    held = [(keys[students[r.subject]], r) for r in known if students[r.subject] in keys]
    run.n_read += len(page.records) + len(page.issues)
    run.n_not_consented += len(page.records) - len(held)
    _upsert(source, run, _worth_keeping(source, held))
    _erase(source, keys.values(), page.erased)
    _note(run, [*page.issues, *_strangers(source, page.records, students)])
    if page.cursor is not None:
        source.cursor = page.cursor
        source.save(update_fields=["cursor"])
    run.save(update_fields=_COUNTS)


def _students(source, records):
    """{the student's code in the source: student id}, within the source's school."""
    name = NAMED_BY[source.kind]
    found = Student.objects.filter(
        school=source.school_id, **{f"{name}__in": {record.subject for record in records}}
    )
    return {str(code): pk for code, pk in found.values_list(name, "pk")}


def _worth_keeping(source, held):
    """(key, record, kept until) without what is already past its time."""
    days = _days_kept(source)
    dated = [(key, record, kept_until(record.occurred_on, days)) for key, record in held]
    return [(key, record, until) for key, record, until in dated if until >= today()]


def _days_kept(source):
    if source.kind == SourceKind.XAPI_LRS:
        return RAW_STATEMENT_DAYS
    policies = PurposePolicy.objects.filter(
        municipality=source.municipality_id, purpose=PURPOSES[source.kind]
    )
    return policies.values_list("kept_days", flat=True).first() or 0  # no policy, nothing kept


def _upsert(source, run, dated):
    """Seal what is new or has changed; leave untouched what is the same."""
    wanted = {}
    for key, record, until in dated:
        version = json.dumps([record.data, until.isoformat()], sort_keys=True)
        wanted[key.student_id, key.digest(record.key)] = (key, record, until, key.digest(version))
    there = _there(source, wanted)
    new, changed = [], []
    for name, (key, record, until, version) in wanted.items():
        row = there.get(name)
        if row is not None and bytes(row.version_digest) == version:
            run.n_unchanged += 1
            continue
        (new if row is None else changed).append(
            _sealed(row or _row(source, name[1]), key, record, until, version)
        )
    LinkedRecord.objects.bulk_create(new)
    LinkedRecord.objects.bulk_update(
        changed, ["key_id", "sealed", "version_digest", "kept_until", "received_at"]
    )
    run.n_kept += len(new) + len(changed)


def _there(source, wanted):
    rows = LinkedRecord.objects.filter(
        source=source,
        purpose=PURPOSES[source.kind],
        student__in={student_id for student_id, _ in wanted},
        external_digest__in=[digest for _, digest in wanted],
    )
    return {(row.student_id, bytes(row.external_digest)): row for row in rows}


def _row(source, digest):
    return LinkedRecord(
        municipality_id=source.municipality_id,
        source=source,
        kind=KINDS[source.kind],
        external_digest=digest,
    )


def _sealed(row, key, record, until, version):
    row.version_digest, row.kept_until, row.received_at = version, until, timezone.now()
    return key.seal(row, record.data)


def _erase(source, keys, erased):
    """Delete what the source has taken back, under whichever student it was kept."""
    names = [key.digest(external) for key in keys for external in erased]
    if names:
        LinkedRecord.objects.filter(source=source, external_digest__in=names).delete()


def _keyed(source, erased):
    """Who might hold a record that was taken back: everybody of the school who agrees."""
    return _keys(source).values_list("student_id", flat=True) if erased else ()


def _keys(source):
    return SubjectKey.objects.filter(
        purpose=PURPOSES[source.kind], student__school=source.school_id
    )


def _agreed(source):
    """A name for the set of those who agree (and the codes they go by) now."""
    who = _keys(source).values_list("pk", f"student__{NAMED_BY[source.kind]}").order_by("pk")
    return hashlib.sha256("\n".join(f"{pk} {code}" for pk, code in who).encode()).hexdigest()


# -- words --------------------------------------------------------------------------------------


def _strangers(source, records, students):
    """Rows of a file that name nobody of the roster; an LRS may well speak of other schools."""
    if source.kind == SourceKind.XAPI_LRS:
        return []
    return [
        Issue("名簿に ない 管理コードです。", record.place, "管理コード")
        for record in records
        if record.subject not in students
    ]


def _note(run, issues):
    room = max(0, MAX_ISSUES - run.issues.count()) if issues else 0
    SyncIssue.objects.bulk_create(
        SyncIssue(
            run=run,
            file=issue.place.file[:200],
            line=issue.place.line,
            column=issue.column[:60],
            reason=issue.reason,
        )
        for issue in issues[:room]
    )


def _ending(run, whole):
    n_issues = run.issues.count()
    if not whole:
        return RunState.RETRY, "時間が かかったので、つづきは 次の 回に 読みます。"
    if n_issues:
        return (
            RunState.PARTLY,
            f"取り込めなかった 行が {n_issues}件 あります。ほかは 取り込みました。",
        )
    if run.n_read:
        return RunState.DONE, ""
    before = run.source.runs.filter(n_read__gt=0).first()
    if before is not None and before.state == RunState.PARTLY:
        return (
            RunState.PARTLY,
            "新しい ものは ありません。前に 取り込めなかった 行が 残って います。",
        )
    return RunState.DONE, "新しい ものは ありません。"


def _finish(run, state, message):
    run.state, run.message, run.finished_at = state, message, timezone.now()
    run.save(update_fields=["state", "message", "finished_at"])


def _credentials(source):
    if settings.LRS_SANDBOX_URL and source.place == settings.LRS_SANDBOX_URL:
        return ("demo", "demo")  # the stand-in of the trial, on loopback
    secret = os.environ.get(source.secret_name, "") if source.secret_name else ""
    if not secret:
        raise AuthError("接続の 秘密(環境変数)が ありません。")
    return (source.user_name, secret)
