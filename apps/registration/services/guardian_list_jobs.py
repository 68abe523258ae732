"""The background job that reads a list of guardians."""

from django.core.files import File
from django.urls import reverse

from apps.file_jobs.models import FileJob, JobKind
from apps.file_jobs.services import jobs
from apps.people.models import School, User
from apps.registration.services.guardian_lists import CannotApplyList, upload_list

KINDS = [JobKind.GUARDIAN_LIST]
READ_TASK = "registration.read_files"


def ask_read(school: School, file: File, *, by: User) -> FileJob:
    """Queue the reading of an uploaded list. Raises jobs.CannotAsk."""
    return jobs.ask(
        JobKind.GUARDIAN_LIST, by=by, task=READ_TASK, back=reverse("admin:registration_guardian_list_upload"),
        file=file, file_name=file.name, about=school.pk,
    )  # fmt: skip


def read(job: FileJob, file: File, by: User) -> dict:
    """Job handler: reads the list and keeps its rows encrypted until somebody decides."""
    school = School.objects.get(pk=job.about)
    try:
        found = upload_list(school, file.read(), job.file_name, by=by)
    except CannotApplyList as error:
        raise jobs.Refused(str(error)) from error
    return {"lead": reverse("admin:registration_guardianlist_change", args=[found.pk])}


HANDLERS = {JobKind.GUARDIAN_LIST: read}
