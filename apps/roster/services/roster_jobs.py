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


def ask_import(found: RosterImport, word: ImportApproval, *, by: User) -> FileJob:
    """Queue the import of a checked roster, with a person's approval. Raises jobs.CannotAsk."""
    return jobs.ask(
        JobKind.ROSTER_IMPORT, by=by, task=READ_TASK, back=_page(found), about=found.pk,
        options={"word": asdict(word)},
    )  # fmt: skip


def check(job: FileJob, file: File, by: User) -> dict:
    """Job handler: the report of the zip, and what it would change."""
    made, plan = _checked(job, file, by)
    job.about = made.pk
    found = {"lead": _page(made)}
    return found if made.state == ImportState.REFUSED else found | plan


def _checked(job, file, by):
    with shown_names.collect_shown_names() as shown:
        made, plan = check_and_compare(file, job.file_name, by=by)
        return made, _of_page(plan, NO_APPROVAL, shown)


def compare(job: FileJob, file: File, by: User) -> dict:
    """Job handler: what the roster would change now."""
    return _compared(RosterImport.objects.get(pk=job.about), NO_APPROVAL)


def take(job: FileJob, file: File, by: User) -> dict:
    """Job handler: imports the whole roster, or nothing, and the page says why."""
    found, word = RosterImport.objects.get(pk=job.about), ImportApproval(**job.options["word"])
    try:
        import_roster(found, by=by, word=word)
    except CannotImport as error:
        return {**_compared(found, word), "error": str(error)}
    return {"lead": _page(found)}


HANDLERS = {
    JobKind.ROSTER_CHECK: check, JobKind.ROSTER_COMPARE: compare, JobKind.ROSTER_IMPORT: take,
}  # fmt: skip


def compared(found: RosterImport, *, by: User) -> FileJob | None:
    """The last job of this person about a roster, open or over; None where there is none."""
    return jobs.newest(KINDS, found.pk, by=by)


def _compared(found, word):
    with shown_names.collect_shown_names() as shown:
        plan = preview_import(found, word.answers)
        return {"lead": _page(found), **_of_page(plan, word, shown)}


def _of_page(plan, word, shown):
    """What the page of an ImportPlan shows, as JSON; {"plan": None} where nothing could be
    compared.
    """
    if plan is None:
        return {"plan": None}
    moves = plan.code_moves
    return {
        "plan": {
            "loses_many": plan.loses_many, "gone_digest": plan.gone_digest,
            "leavers_text": plan.leavers_text,
            "code_moves": {"number": moves.number, "digest": moves.digest},
        },
        "kinds": plan.preview_rows(), "changes": [asdict(change) for change in describe_changes(plan)],
        "asked": [asdict(asked) for asked in describe_questions(plan)], "word": asdict(word),
        "n_names": len(shown),
    }  # fmt: skip


def _page(found):
    return reverse("admin:roster_rosterimport_change", args=[found.pk])
