"""Background jobs for uploaded files: preview a school's file, or try a mapping on a sample."""

from django.core.files import File
from django.urls import reverse

from apps.file_jobs.models import FileJob, JobKind
from apps.file_jobs.services import jobs
from apps.linkage.forms import FileMappingForm
from apps.linkage.models import DataSource, FileMapping
from apps.linkage.services.file_mappings import get_file_mapping
from apps.linkage.services.uploads import (
    UploadRefused,
    preview_with_mappings,
    receive_upload,
    report_as_json,
)
from apps.people.models import User
from apps.people.permissions import cities_where, may

READ_TASK = "linkage.read_files"
UPLOAD_NOT_ALLOWED = "この連携元にファイルを渡す立場ではありません。"
MAPPING_INVALID = "読みかたが正しくなくなりました。もう一度ためしてください。"


def request_read(source: DataSource, file: File, *, by: User) -> FileJob:
    """Have a worker preview a school's file. Raises jobs.CannotAsk."""
    return jobs.ask(
        JobKind.SCHOOL_FILE, by=by, task=READ_TASK, back=reverse("admin:linkage_upload", args=[source.pk]),
        file=file, file_name=file.name, about=source.pk,
    )  # fmt: skip


def read_uploaded_file(job: FileJob, file: File, by: User) -> dict:
    """Handler: preview the file and store it until somebody decides."""
    source = DataSource.objects.get(pk=job.about)
    if not may(by, "linkage.bring", source):
        raise jobs.Refused(UPLOAD_NOT_ALLOWED)
    try:
        run = receive_upload(source, file, by=by)
    except UploadRefused as error:
        raise jobs.Refused(str(error)) from error
    return {"lead": reverse("admin:linkage_run", args=[run.pk])}


def request_mapping_trial(mapping: FileMapping, typed: dict, file: File, *, by: User) -> FileJob:
    """Have a worker try a typed mapping on a file that is not stored. Raises jobs.CannotAsk."""
    return jobs.ask(
        JobKind.MAPPING_TRIAL, by=by, task=READ_TASK, back=_page(mapping.kind),
        file=file, file_name=file.name, options={"kind": mapping.kind, "typed": typed},
    )  # fmt: skip


def try_mapping(job: FileJob, file: File, by: User) -> dict:
    """Handler: preview the file under the typed mapping; nothing is saved."""
    kind = job.options["kind"]
    mapping = get_file_mapping(min(cities_where(by, "linkage.edit")), kind)
    form = FileMappingForm(job.options["typed"], instance=mapping)
    if not form.is_valid():
        raise jobs.Refused(MAPPING_INVALID)
    report, rows = preview_with_mappings(file, form.mapping())
    page = f"{_page(kind)}?tried={job.pk}"
    return {"lead": page, "report": report_as_json(report), "rows": rows}


HANDLERS = {JobKind.SCHOOL_FILE: read_uploaded_file, JobKind.MAPPING_TRIAL: try_mapping}


def _page(kind):
    return reverse("admin:linkage_file_mapping", args=[kind])
