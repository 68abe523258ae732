"""Background jobs for rosters: check, compare with the present people, import.

What a page shows of a comparison (with names) is stored encrypted with the job, for a day.
"""

from dataclasses import asdict

from django.core.files import File
from django.urls import reverse

from apps.file_jobs.models import FileJob, JobKind
from apps.file_jobs.services import jobs
from apps.people import shown_names
from apps.people.models import User
from apps.roster.models import ImportState, RosterImport
from apps.roster.services.import_conditions import ImportApproval
from apps.roster.services.imports import (
    NO_APPROVAL,
    CannotImport,
    check_and_compare,
    import_roster,
    preview_import,
)
from apps.roster.words import describe_changes, describe_questions

READ_TASK = "roster.read_files"
KINDS = [JobKind.ROSTER_CHECK, JobKind.ROSTER_COMPARE, JobKind.ROSTER_IMPORT]


def ask_check(file: File, *, by: User) -> FileJob:
    """Queue the check of an uploaded zip. Raises jobs.CannotAsk."""
    back = reverse("admin:roster_upload")
    return jobs.ask(
        JobKind.ROSTER_CHECK, by=by, task=READ_TASK, back=back, file=file, file_name=file.name
    )


def ask_compare(found: RosterImport, *, by: User) -> FileJob:
    """Queue the comparison of a checked roster with the present people. Raises jobs.CannotAsk."""
    return jobs.ask(
        JobKind.ROSTER_COMPARE, by=by, task=READ_TASK, back=_page(found), about=found.pk
    )


def ask_import(found: RosterImport, approval: ImportApproval, *, by: User) -> FileJob:
    """Queue the import of a checked roster, with a person's approval. Raises jobs.CannotAsk."""
    return jobs.ask(
        JobKind.ROSTER_IMPORT, by=by, task=READ_TASK, back=_page(found), about=found.pk,
        options={"approval": asdict(approval)},
    )  # fmt: skip


def check(job: FileJob, file: File, by: User) -> dict:
    """Job handler: the report of the zip, and what it would change."""
    created, plan = _checked(job, file, by)
    job.about = created.pk
    found = {"lead": _page(created)}
    return found if created.state == ImportState.REFUSED else found | plan


def _checked(job, file, by):
    with shown_names.collect_shown_names() as shown:
        created, plan = check_and_compare(file, job.file_name, by=by)
        return created, _of_page(plan, NO_APPROVAL, shown)


def compare(job: FileJob, file: File, by: User) -> dict:
    """Job handler: what the roster would change now."""
    return _compared(RosterImport.objects.get(pk=job.about), NO_APPROVAL)


def take(job: FileJob, file: File, by: User) -> dict:
    """Job handler: imports the whole roster, or nothing, and the page says why."""
    found, approval = (
        RosterImport.objects.get(pk=job.about),
        ImportApproval(**job.options["approval"]),
    )
    try:
        import_roster(found, by=by, approval=approval)
    except CannotImport as error:
        return {**_compared(found, approval), "error": str(error)}
    return {"lead": _page(found)}


HANDLERS = {
    JobKind.ROSTER_CHECK: check, JobKind.ROSTER_COMPARE: compare, JobKind.ROSTER_IMPORT: take,
}  # fmt: skip


def compared(found: RosterImport, *, by: User) -> FileJob | None:
    """The last job of this person about a roster, open or over; None where there is none."""
    return jobs.newest(KINDS, found.pk, by=by)


def _compared(found, approval):
    with shown_names.collect_shown_names() as shown:
        plan = preview_import(found, approval.answers)
        return {"lead": _page(found), **_of_page(plan, approval, shown)}


def _of_page(plan, approval, shown):
    """What the page of an ImportPlan shows, as JSON; {"plan": None} where nothing could be
    compared.
    """
    if plan is None:
        return {"plan": None}
    code_changes = plan.code_changes
    return {
        "plan": {
            "loses_many": plan.loses_many, "leavers_digest": plan.leavers_digest,
            "leavers_text": plan.leavers_text,
            "code_changes": {"number": code_changes.number, "digest": code_changes.digest},
        },
        "kinds": plan.preview_rows(), "changes": [asdict(group) for group in describe_changes(plan)],
        "asked": [asdict(question) for question in describe_questions(plan)], "approval": asdict(approval),
        "n_names": len(shown),
    }  # fmt: skip


def _page(found):
    return reverse("admin:roster_rosterimport_change", args=[found.pk])
