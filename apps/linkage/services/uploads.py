"""Files that staff upload: previewed, tried, imported or discarded."""

from dataclasses import asdict, replace
from datetime import timedelta

from django.db import transaction

from apps.core import clock
from apps.core.clock import today, wake_worker
from apps.linkage.connectors.school_files import preview_file
from apps.linkage.models import RunState, SyncRun
from apps.linkage.services import upload_files
from apps.linkage.services.column_mappings import load_column_mappings
from apps.linkage.services.sync_runs import request_run
from apps.linkage.words import fact_words
from apps.people.models import Student

DECISION_PERIOD = timedelta(days=7)  # files that nobody decided on by then are deleted
LOST_AFTER_S = 60 * 60  # files that a killed worker left behind
STILL_NEEDED = (RunState.HELD, RunState.WAITING, RunState.RUNNING, RunState.RETRY)
UPLOAD_AWAITS_DECISION = "ファイルを 受け取りました。見て、取り込むか 決めてください。"
UPLOAD_DISCARDED = "取り込まずに、ファイルを すてました。"
ALREADY_DECIDED = "この ファイルは もう 決まって います。"
UPLOAD_EXPIRED = "7日 たったので、取り込まずに ファイルを すてました。"


class UploadRefused(Exception):
    """A file cannot be imported, or a run is not waiting for a decision; the message is a sentence."""


def receive_upload(source, file, *, by):
    """Store an uploaded file for a decision: the SyncRun (HELD) that would import it.

    ``file`` is a File of Django. Nothing of it is imported yet. Raises UploadRefused where it is no
    known kind of file; then it is not stored.
    """
    report = preview_file(
        file,
        file.name,
        load_column_mappings(source.municipality_id, source.school_id),
        today=today(),
    )
    if not report.is_importable:
        raise UploadRefused(_why_not(report))
    run = SyncRun(
        municipality_id=source.municipality_id,
        source=source,
        state=RunState.HELD,
        asked_by=by,
        upload=upload_files.store_upload(file, report.kind, file.name),
        upload_preview={"report": report_as_json(report), "rows": first_rows(report)},
        message=UPLOAD_AWAITS_DECISION,
    )
    try:
        run.save(force_insert=True)
    except Exception:
        upload_files.delete_upload(run)
        raise
    return run


def preview_upload(run):
    """(the UploadReport as JSON, [(line, whether the roster knows the student, the fact in words)]).

    As the worker read it after the upload; both None where the file is gone.
    """
    seen = run.upload_preview
    if seen is None or not upload_files.has_upload(run):
        return None, None
    known = _known(run, [code for _, code, _ in seen["rows"]])
    return seen["report"], [(line, code in known, words) for line, code, words in seen["rows"]]


def report_as_json(report):
    """The parts of an UploadReport that a page shows, as JSON; its rows are in ``first_rows``."""
    return asdict(replace(report, rows=()))


def first_rows(report):
    """[(line, the student's code, the fact in words)] of the first rows of an UploadReport."""
    return [(row.place.line, row.subject, fact_words(row.kind, row.data)[0]) for row in report.rows]


def uploads_awaiting_decision(user):
    """The SyncRuns (queryset) whose file this person could decide on."""
    return SyncRun.objects.visible_to(user).filter(state=RunState.HELD).exclude(upload="")


def preview_with_mappings(file, mappings):
    """The same for an uploaded file that is not stored, under trial ``mappings``.

    Nobody is looked up: the middle of each row is None.
    """
    report = preview_file(file, file.name, mappings, today=today())
    return report, [(line, None, words) for line, _, words in first_rows(report)]


@transaction.atomic
def decide_run(run, *, by, accepts_loss=False, keeps_others=False):
    """Have a worker continue a run that waits for a decision, over its file or folder; the run.

    ``accepts_loss`` agrees to delete what the file no longer states, ``keeps_others`` keeps rows of
    students it does not name; a decision once made stays. Raises UploadRefused where the run does
    not wait (any more) or its file is gone.
    """
    found = SyncRun.objects.select_for_update().get(pk=run.pk)
    if not awaits_decision(found):
        raise UploadRefused(ALREADY_DECIDED)
    keeps_others = keeps_others or found.keeps_others
    decisions = {"accepts_loss": accepts_loss, "keeps_others": keeps_others}
    if not found.upload:
        return request_run(found.source, by=by, loss_sha256=found.loss_sha256, **decisions)
    if not upload_files.has_upload(found):
        raise UploadRefused("ファイルが もう ありません。もう一度 えらんで ください。")
    found.state, found.message, found.asked_by = RunState.WAITING, "", by
    found.accepts_loss, found.keeps_others = accepts_loss, keeps_others
    found.save(update_fields=["state", "message", "asked_by", *decisions])
    wake_worker("linkage.sync_all")
    return found


def awaits_decision(run):
    """Whether a run still waits for a person: of a folder's runs only the last one can."""
    if run.state != RunState.HELD or run.is_trial:
        return False
    if run.upload:
        return True
    later = SyncRun.objects.filter(source=run.source_id, is_trial=False, upload="")
    return not later.filter(started_at__gt=run.started_at).exists()


def discard_upload(run, *, words=UPLOAD_DISCARDED):
    """Delete the file of a run that waits for a person; whether it did wait."""
    waiting = SyncRun.objects.filter(pk=run.pk, state=RunState.HELD).exclude(upload="")
    was_waiting = waiting.update(
        state=RunState.STOPPED, message=words, finished_at=clock.now(), upload_preview=None
    )
    if was_waiting:
        upload_files.delete_upload(run)
    return bool(was_waiting)


def sweep_uploads():
    """Delete files that nobody decided on, and files that a killed process left behind."""
    late = SyncRun.objects.filter(state=RunState.HELD, started_at__lt=clock.now() - DECISION_PERIOD)
    for run in late.exclude(upload=""):
        discard_upload(run, words=UPLOAD_EXPIRED)
    open_runs = SyncRun.objects.filter(state__in=STILL_NEEDED).exclude(upload="")
    upload_files.delete_orphaned_uploads(
        LOST_AFTER_S, set(open_runs.values_list("upload", flat=True))
    )


def _known(run, codes):
    where = {"school": run.source.school_id} if run.source.school_id else {}
    students = Student.objects.filter(
        municipality=run.municipality_id, local_code__in=codes, **where
    )
    return set(students.values_list("local_code", flat=True))


def _why_not(report):
    if report.missing:
        return f"「{report.label}」と みましたが、列が ありません: {'・'.join(report.missing)}"
    return report.issues[0].reason if report.issues else "この ファイルは 読めません。"
