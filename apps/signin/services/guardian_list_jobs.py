"""A list of guardians is read by a worker."""

from django.core.files import File
from django.urls import reverse

from apps.file_jobs.models import FileJob, JobKind
from apps.file_jobs.services import jobs
from apps.people.models import School, User
from apps.signin.services.guardian_lists import CannotTake, bring

KINDS = [JobKind.GUARDIAN_LIST]
TASK = "signin.read_files"


def ask_read(school: School, file: File, *, by: User) -> FileJob:
    """Have an uploaded list of this school read. Raises jobs.CannotAsk."""
    return jobs.ask(
        JobKind.GUARDIAN_LIST, by=by, task=TASK, back=reverse("admin:signin_guardian_list_bring"),
        file=file, file_name=file.name, about=school.pk,
    )  # fmt: skip


def read(job: FileJob, file: File, by: User) -> dict:
    """A handler: the list's rows are kept sealed until somebody decides."""
    school = School.objects.get(pk=job.about)
    try:
        found = bring(school, file.read(), job.file_name, by=by)
    except CannotTake as error:
        raise jobs.Refused(str(error)) from error
    return {"lead": reverse("admin:signin_guardianlist_change", args=[found.pk])}


HANDLERS = {JobKind.GUARDIAN_LIST: read}
