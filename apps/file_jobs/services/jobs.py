"""Jobs that read a file: created in a request, done by a worker; the result is kept for a day."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, BinaryIO
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.core.files import File
from django.db import transaction

from apps.audit.models import SecurityKind
from apps.core import clock, sweeps
from apps.core.municipality_scope import within
from apps.file_jobs.models import (
    MOST_TRIES,
    STAYS,
    VERBS,
    FileJob,
    JobFault,
    JobKind,
    JobState,
)
from apps.file_jobs.services import contents
from apps.people.models import User
from apps.people.permissions import may
from apps.people.services import security_events

log = logging.getLogger(__name__)
Handler = Callable[[FileJob, File, User], dict]  # raises Refused
SECONDS = 240  # seconds for one file (Celery's soft limit of the task that reads it)
LIMITS = {"soft_time_limit": SECONDS, "time_limit": SECONDS + 30}  # seconds, of every such task
LEASE = timedelta(seconds=SECONDS + 60)  # longer than any worker can run it
MOST_OPEN = 5
TOO_MANY = "前に渡したファイルを、まだ読んでいます。終わってから、次のファイルを渡してください。"
KEPT = timedelta(days=30)  # a row without content


class Refused(Exception):
    """The file is not accepted; the message is shown to the user, ``result`` is for the page."""

    def __init__(self, sentence: str, **result: Any) -> None:
        super().__init__(sentence)
        self.result = result


class CannotAsk(Exception):
    """No further job now; the message is shown to the user."""


class _TakenOver(Exception):
    """Another worker has claimed this job meanwhile: roll back."""


@transaction.atomic
def ask(
    kind: str, *, by: User, task: str, back: str, file: BinaryIO | None = None,
    file_name: str = "", about: UUID | None = None, options: dict | None = None,
) -> FileJob:  # fmt: skip
    """Create a job for a worker to read this file; the FileJob. Raises CannotAsk.

    ``task`` is the periodic task of this kind, ``back`` the URL of the upload page.
    An open job of this person about the same row is returned instead of a second one.
    """
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # double clicks wait here
    running = FileJob.objects.open().filter(asked_by=by.pk)
    same = running.filter(kind=kind, about=about).first() if file is None else None
    if same is not None:
        return same
    if running.count() >= MOST_OPEN:
        raise CannotAsk(TOO_MANY)
    posts = list(by.current_posts)
    if not posts:
        raise CannotAsk(JobFault.NOT_ALLOWED.label)
    job = FileJob.objects.create(
        municipality_id=posts[0].municipality_id, kind=kind, asked_by=by,
        post=posts[0] if len(posts) == 1 else None, asked_at=clock.now(),
        file_name=file_name[-200:], about=about, options={**(options or {}), "back": back},
    )  # fmt: skip
    if file is not None:
        contents.keep(job, file)
    clock.wake_worker(task)
    return job


def run_next(handlers: Mapping[JobKind, Handler], task: str) -> FileJob | None:
    """Do the oldest due job of these kinds; the FileJob, or None where none is due.

    One per call, so that the time limit of ``task`` is for one file; the worker is woken for more.
    """
    give_up_dead()
    job = _claim(handlers)
    if job is None:
        return None
    if FileJob.objects.due().filter(kind__in=handlers).exists():
        clock.wake_worker(task)
    _run(job, handlers[job.kind])
    return job


def newest(kinds: list[str], about: UUID, *, by: User) -> FileJob | None:
    """The latest job of this person about a row whose result still exists, or None."""
    own_jobs = FileJob.objects.filter(asked_by=by.pk, about=about, kind__in=kinds)
    job = own_jobs.exclude(state=JobState.GONE).order_by("-asked_at").first()
    is_there = job is not None and (not job.is_over or job.expires_at > clock.now())
    return job if is_there else None


def result_named(named: str, kinds: list[str], *, by: User) -> FileJob | None:
    """The finished job of this person, of one of these kinds, by the id in a URL; or None."""
    try:
        wanted = UUID(named)
    except ValueError:
        return None
    own_jobs = FileJob.objects.filter(
        pk=wanted, kind__in=kinds, asked_by=by.pk, state=JobState.DONE
    )
    return own_jobs.filter(expires_at__gt=clock.now()).first()


def open_jobs(kinds: list[str], *, by: User) -> list[FileJob]:
    """This person's unfinished jobs, oldest first."""
    own_jobs = FileJob.objects.open().filter(asked_by=by.pk, kind__in=kinds)
    return list(own_jobs.defer("options", "result").order_by("asked_at"))


def give_up_dead() -> None:
    """End the jobs whose workers died as often as they are tried."""
    _end_all(FileJob.objects.given_up(), JobFault.GIVEN_UP)


def forget_over() -> None:
    """Delete what has expired: results, unread files, old rows."""
    give_up_dead()
    _end_all(FileJob.objects.overdue(), JobFault.TOO_LATE)
    FileJob.objects.over().update(
        state=JobState.GONE, fault=JobFault.NONE, result={}, options={}, file_name=""
    )
    sweeps.delete_due(FileJob.objects.filter(state=JobState.GONE, ended_at__lt=clock.now() - KEPT))


@transaction.atomic
def _claim(handlers):
    found = FileJob.objects.due().filter(kind__in=handlers).select_for_update(skip_locked=True)
    job = found.order_by("asked_at").first()
    if job is None:
        return None
    job.state, job.n_attempts = JobState.RUNNING, job.n_attempts + 1
    job.leased_until = clock.now() + LEASE
    job.save(update_fields=["state", "leased_until", "n_attempts"])
    return job


def _run(job, handler):
    """Run the handler and mark the job done, in one transaction."""
    own_jobs = FileJob.objects.filter(pk=job.pk, n_attempts=job.n_attempts, state=JobState.RUNNING)
    try:
        by = _asker(job)
        with (
            within([job.municipality_id]),
            transaction.atomic(),
            contents.opened(job) as file,
        ):
            result = handler(job, file, by)
            if not _end(own_jobs, JobState.DONE, result, about=job.about):
                raise _TakenOver
    except Refused as error:
        _fail(own_jobs, job, JobFault.REFUSED, {**error.result, "why": str(error)})
    except SoftTimeLimitExceeded:
        log.error("file job %s took too long", job.pk)
        _fail(own_jobs, job, JobFault.TOO_LONG)
    except _NotAllowed:
        _fail(own_jobs, job, JobFault.NOT_ALLOWED)
    except _TakenOver:
        log.warning("file job %s was taken over", job.pk)
    except Exception as error:  # an error of ours must not stop the next file
        log.error("file job %s failed: %s", job.pk, type(error).__name__)
        _after_error(own_jobs, job)


class _NotAllowed(Exception):
    """The asker may no longer do this."""


def _asker(job):
    """The asker, with the rights of the post they asked in, if they still hold it."""
    by = User.objects.get(pk=job.asked_by_id)
    if job.post_id is not None:
        by.current_posts = [post for post in by.current_posts if post.pk == job.post_id]
    if not by.is_active or not may(by, VERBS[job.kind]):
        raise _NotAllowed
    return by


def _end(own_jobs, state, result, fault=JobFault.NONE, **more):
    """End the job if it is still this worker's; its file is deleted in the same transaction."""
    now = clock.now()
    with transaction.atomic():
        contents.drop(list(own_jobs.values_list("pk", flat=True)))
        return own_jobs.update(
            state=state, fault=fault, result=result, leased_until=None, ended_at=now,
            expires_at=now + STAYS, **more,
        )  # fmt: skip


def _fail(own_jobs, job, fault, result=None):
    if _end(own_jobs, JobState.FAILED, result or {}, fault) and fault != JobFault.NOT_ALLOWED:
        security_events.note_security_event(
            SecurityKind.UPLOAD_REFUSED, user=job.asked_by, detail=job.kind
        )


def _after_error(own_jobs, job):
    if job.n_attempts >= MOST_TRIES:
        _end(own_jobs, JobState.FAILED, {}, JobFault.GIVEN_UP)
    else:
        own_jobs.update(state=JobState.WAITING, leased_until=None)


def _end_all(jobs, fault):
    _end(jobs, JobState.FAILED, {}, fault)
