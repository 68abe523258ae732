"""Background jobs for a table of the directory: compare it, then import it when confirmed.

The page's data, and the rows of the table for the second step, are stored sealed with the job.
"""

from dataclasses import asdict

import tablib
from celery.exceptions import SoftTimeLimitExceeded
from django.core.files import File
from django.db import transaction
from django.urls import reverse

from apps.core import edit_conflicts, spreadsheets
from apps.file_jobs.models import FileJob, JobKind
from apps.file_jobs.services import jobs
from apps.notices.organisation_resource import OrganisationResource
from apps.people.models import User
from apps.people.permissions import municipalities_where

READ_TASK = "notices.read_files"
MAX_ROWS_SHOWN = 100  # faults shown on a page; the rest is counted
NOT_IMPORTED = "取り込めませんでした。もう一度、ファイルを選んでください。"


def request_check(file: File, *, restore_zeros: bool, by: User) -> FileJob:
    """Have a worker compare an uploaded table with the directory. Raises jobs.CannotAsk."""
    return jobs.ask(
        JobKind.DIRECTORY_CHECK, by=by, task=READ_TASK, back=import_page(), file=file, file_name=file.name,
        options={"restore_zeros": restore_zeros},
    )  # fmt: skip


def request_import(checked: FileJob, *, by: User) -> FileJob:
    """Have a worker import a compared table, if it is still as its page showed it. Raises
    jobs.CannotAsk.
    """
    kept = {name: checked.result[name] for name in ("table", "opened_as")}
    options = {**kept, "restore_zeros": checked.options["restore_zeros"]}
    return jobs.ask(
        JobKind.DIRECTORY_IMPORT,
        by=by,
        task=READ_TASK,
        back=import_page(),
        about=checked.pk,
        options=options,
    )


def check_table(job: FileJob, file: File, by: User) -> dict:
    """Handler: what the table would change, or why it is refused."""
    try:
        table = asdict(spreadsheets.read_table(file.read()))
    except spreadsheets.UnreadableSpreadsheet as error:
        raise jobs.Refused(str(error)) from error
    return _previewed(job, table, by)


def import_table(job: FileJob, file: File, by: User) -> dict:
    """Handler: import all rows, or none; then the page says why, or what has changed meanwhile."""
    table = job.options["table"]
    try:
        result = _import(job, table, by)
    except _ImportRefused as error:
        return error.of_page
    except _OrganisationsChanged as error:
        return {**_previewed(job, table, by), "changed": error.names}
    waiting = list(getattr(result, "waiting", []))
    return {"lead": import_page(job), "taken": result.totals, "waiting": waiting}


@transaction.atomic
def _import(job, table, by):
    resource = _resource(job, by)
    result = resource.import_data(
        _dataset(table), dry_run=False, rollback_on_validation_errors=True
    )
    if result.has_errors() or result.has_validation_errors():
        raise _ImportRefused(_page_data(job, result))
    if names := edit_conflicts.changed_since(job.options["opened_as"], resource.rows):
        raise _OrganisationsChanged(names)
    return result


class _ImportRefused(Exception):
    """Rows that cannot be written; ``of_page`` is the page's data about them."""

    def __init__(self, of_page):
        super().__init__("rows with faults")
        self.of_page = of_page


class _OrganisationsChanged(Exception):
    """Organisations of the table were changed after the preview; ``names`` says which."""

    def __init__(self, names):
        super().__init__("changed after the preview")
        self.names = names


def _previewed(job, table, by):
    resource = _resource(job, by)
    result = resource.import_data(_dataset(table), dry_run=True)
    found = _page_data(job, result)
    if "faults" in found:
        return found
    return {**found, "table": table, "opened_as": edit_conflicts.parts_token(resource.rows)}


def _resource(job, by):
    return OrganisationResource(
        user=by, municipality_id=min(municipalities_where(by, "notices.edit")),
        restore_zeros=job.options["restore_zeros"], rows={},
    )  # fmt: skip


def _dataset(table):
    dataset = tablib.Dataset(*table["rows"], headers=list(table["headings"]))
    dataset.lines = table["lines"]  # row numbers as a spreadsheet shows them
    return dataset


def _page_data(job, result):
    """The page's data of an import, as JSON: ``faults``, or the rows and what they change."""
    if result.has_errors() or result.has_validation_errors():
        _end_where_too_long(result)
        return {"lead": import_page(job), "faults": _faults(result)}
    rows = [
        {"line": row.line, "import_type": row.import_type, "diff": row.diff}
        for row in result.valid_rows()
    ]
    return {"lead": import_page(job), "rows": rows, "waiting": list(getattr(result, "waiting", []))}


def _end_where_too_long(result):
    """Raise a time-out again: the library treats every exception as a fault of a row."""
    errors = [*result.base_errors, *(each for row in result.error_rows for each in row.errors)]
    for each in errors:
        if isinstance(each.error, SoftTimeLimitExceeded):
            raise each.error


def _in_words(error):
    return str(error) if isinstance(error, spreadsheets.UnreadableSpreadsheet) else NOT_IMPORTED


def _faults(result):
    return {
        "base": [_in_words(error.error) for error in result.base_errors],
        "unwritten": [row.number for row in result.error_rows[:20]],
        "rows": [(row.number, row.sentences) for row in result.invalid_rows[:MAX_ROWS_SHOWN]],
        "n_rows": len(result.invalid_rows),
    }


def import_page(job: FileJob | None = None) -> str:
    """The context of the import page; with ``job``, its result."""
    address = reverse("admin:notices_supportorganisation_import")
    return f"{address}?read={job.pk}" if job else address


HANDLERS = {JobKind.DIRECTORY_CHECK: check_table, JobKind.DIRECTORY_IMPORT: import_table}
