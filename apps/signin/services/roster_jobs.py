"""What a worker does with a roster: check it, compare it with the people of now, take it in.

What a page shows of a comparison (names too) is kept sealed with the job, for a day.
"""

from dataclasses import asdict

from django.core.files import File
from django.urls import reverse

from apps.file_jobs.models import FileJob, JobKind
from apps.file_jobs.services import jobs
from apps.people import shown_names
from apps.people.models import User
from apps.signin.models import ImportState, RosterImport
from apps.signin.services.asking import ask
from apps.signin.services.conditions import Word
from apps.signin.services.importing import (
    NOTHING_SAID,
    CannotImport,
    check_and_compare,
    import_roster,
    preview,
)
from apps.signin.services.wording import tell

TASK = "signin.read_files"
KINDS = [JobKind.ROSTER_CHECK, JobKind.ROSTER_COMPARE, JobKind.ROSTER_IMPORT]


def ask_check(file: File, *, by: User) -> FileJob:
    """Have an uploaded zip checked. Raises jobs.CannotAsk."""
    back = reverse("admin:signin_roster_upload")
    return jobs.ask(
        JobKind.ROSTER_CHECK, by=by, task=TASK, back=back, file=file, file_name=file.name
    )


def ask_compare(found: RosterImport, *, by: User) -> FileJob:
    """Have a checked roster compared with the people of now. Raises jobs.CannotAsk."""
    return jobs.ask(JobKind.ROSTER_COMPARE, by=by, task=TASK, back=_page(found), about=found.pk)


def ask_import(found: RosterImport, word: Word, *, by: User) -> FileJob:
    """Have a checked roster taken in, on this word of a person. Raises jobs.CannotAsk."""
    return jobs.ask(
        JobKind.ROSTER_IMPORT, by=by, task=TASK, back=_page(found), about=found.pk,
        options={"word": asdict(word)},
    )  # fmt: skip


def check(job: FileJob, file: File, by: User) -> dict:
    """A handler: the report of the zip, and what it would change."""
    made, plan = _checked(job, file, by)
    job.about = made.pk
    found = {"lead": _page(made)}
    return found if made.state == ImportState.REFUSED else found | plan


def _checked(job, file, by):
    with shown_names.collecting() as shown:
        made, plan = check_and_compare(file, job.file_name, by=by)
        return made, _of_page(plan, NOTHING_SAID, shown)


def compare(job: FileJob, file: File, by: User) -> dict:
    """A handler: what the roster would change now."""
    return _compared(RosterImport.objects.get(pk=job.about), NOTHING_SAID)


def take(job: FileJob, file: File, by: User) -> dict:
    """A handler: all of the roster is in, or nothing is and the page says why."""
    found, word = RosterImport.objects.get(pk=job.about), Word(**job.options["word"])
    try:
        import_roster(found, by=by, word=word)
    except CannotImport as error:
        return {**_compared(found, word), "error": str(error)}
    return {"lead": _page(found)}


HANDLERS = {
    JobKind.ROSTER_CHECK: check, JobKind.ROSTER_COMPARE: compare, JobKind.ROSTER_IMPORT: take,
}  # fmt: skip


def compared(found: RosterImport, *, by: User) -> FileJob | None:
    """The last job of this person about a roster, open or over; None where none is there."""
    return jobs.newest(KINDS, found.pk, by=by)


def _compared(found, word):
    with shown_names.collecting() as shown:
        plan = preview(found, word.answers)
        return {"lead": _page(found), **_of_page(plan, word, shown)}


def _of_page(plan, word, shown):
    """What the page of a Plan shows, as JSON; {"plan": None} where nothing could be compared."""
    if plan is None:
        return {"plan": None}
    moves = plan.code_moves
    return {
        "plan": {
            "loses_many": plan.loses_many, "gone_digest": plan.gone_digest,
            "gone_words": plan.gone_words,
            "code_moves": {"number": moves.number, "digest": moves.digest},
        },
        "kinds": plan.told(), "told": [asdict(told) for told in tell(plan)],
        "asked": [asdict(asked) for asked in ask(plan)], "word": asdict(word),
        "n_names": len(shown),
    }  # fmt: skip


def _page(found):
    return reverse("admin:signin_rosterimport_change", args=[found.pk])
