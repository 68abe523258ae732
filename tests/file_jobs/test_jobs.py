"""An uploaded file is read by a worker: once, whole, within bounds, and seen by nobody else."""

import datetime as dt

import pytest
from celery import current_app
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import SecurityEvent, SecurityKind
from apps.core.clock import today
from apps.file_jobs.models import MOST_TRIES, FileJob, FileJobPart, JobFault, JobKind, JobState
from apps.file_jobs.services import contents, jobs
from apps.file_jobs.tasks import sweep
from apps.linkage import tasks as linkage_tasks
from apps.notices import tasks as notices_tasks
from apps.people.models import Municipality, Role, StaffPost
from apps.registration import tasks as registration_tasks
from apps.roster import tasks as roster_tasks
from apps.roster.services import roster_jobs
from tests import factories, file_workers
from tests.roster import zips

UPLOAD = reverse("admin:roster_upload")
KIND = JobKind.ROSTER_CHECK


@pytest.fixture
def officer(db):
    return factories.staff_post(Role.CITY, of=factories.municipality()).user


@pytest.fixture
def desk(officer, sign_in):
    return sign_in(officer)


def requested(by, content=b"abc", **more):
    file = ContentFile(content, name="x.zip")
    return jobs.ask(KIND, by=by, task="t", back="/b/", file=file, file_name="x.zip", **more)


def run(handler):
    return jobs.run_next({KIND: handler}, "t")


def page_of(job):
    return reverse("admin:file_jobs_job", args=[job.pk])


def let_time_pass(time_machine, time):
    time_machine.move_to(timezone.now() + time)


# -- in the request ---------------------------------------------------------------------------------


def test_the_request_reads_nothing_of_the_file(desk, monkeypatch):
    def read(*args, **kwargs):
        raise AssertionError("it was read in the request")

    monkeypatch.setattr(roster_jobs, "check_and_compare", read)
    answer = desk.post(UPLOAD, {"zip": ContentFile(zips.good(), name="r.zip")})
    job = FileJob.objects.get()
    assert (answer.status_code, answer.url) == (302, page_of(job))
    assert job.state == JobState.WAITING


def test_the_bytes_lie_sealed_until_they_were_read_and_are_gone_then(desk):
    content = zips.good()
    desk.post(UPLOAD, {"zip": ContentFile(content, name="r.zip")})
    job = FileJob.objects.get()
    with contents.opened(job) as file:
        assert file.read() == content
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM file_jobs_filejobpart")
        assert all(body.startswith("sealed:") for (body,) in cursor.fetchall())
    file_workers.read_all()
    assert FileJobPart.objects.count() == 0


def test_a_file_in_several_pieces_comes_back_whole(officer, monkeypatch):
    monkeypatch.setattr(contents, "PIECE", 10)
    content = bytes(range(256))
    job = requested(officer, content)
    assert job.parts.count() == 26
    with contents.opened(job) as file:
        assert (file.read(), file.size) == (content, 256)


def test_nobody_fills_the_queue(desk, officer):
    for _ in range(jobs.MOST_OPEN):
        requested(officer)
    answer = desk.post(UPLOAD, {"zip": ContentFile(zips.good(), name="r.zip")})
    assert answer.status_code == 422
    assert "まだ読んでいます" in answer.content.decode()
    assert FileJob.objects.count() == jobs.MOST_OPEN


def test_a_broker_that_is_away_costs_nothing_but_time(
    desk, monkeypatch, django_capture_on_commit_callbacks
):
    def away(*args, **kwargs):
        raise OSError("no broker")

    monkeypatch.setattr(current_app, "send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        answer = desk.post(UPLOAD, {"zip": ContentFile(zips.good(), name="r.zip")})
    assert answer.status_code == 302
    assert "順番を待っています" in desk.get(answer.url).content.decode()
    roster_tasks.read_files()  # the clock asks for it
    assert "さくら" in desk.get(answer.url, follow=True).content.decode()


# -- the page ---------------------------------------------------------------------------------------


def test_the_page_shows_progress_and_is_found_again(desk, officer):
    job = requested(officer)
    text = desk.get(page_of(job)).content.decode()
    assert "<progress>" in text and "閉じてもかまいません" in text
    listed = desk.get(reverse("admin:file_jobs_filejob_changelist")).content.decode()
    assert page_of(job) in listed
    assert page_of(job) in desk.get(UPLOAD).content.decode()


def test_a_page_that_waits_too_long_says_so(desk, officer, time_machine):
    job = requested(officer)
    assert "止まったのかもしれません" not in desk.get(page_of(job)).content.decode()
    let_time_pass(time_machine, dt.timedelta(minutes=2))
    assert "止まったのかもしれません" in desk.get(page_of(job)).content.decode()


def test_nobody_but_who_uploaded_sees_it(officer, sign_in):
    job = requested(officer)
    post = officer.staff_posts.get()
    other = sign_in(factories.staff_post(Role.CITY, of=post.municipality, name="もう一人").user)
    assert other.get(page_of(job)).status_code == 404
    listed = other.get(reverse("admin:file_jobs_filejob_changelist")).content.decode()
    assert page_of(job) not in listed


def test_families_and_outsiders_find_no_page(cast, sign_in, client):
    job = requested(cast.officer.user)
    assert client.get(page_of(job)).status_code == 302
    for person in (cast.midori.user, cast.sakura.user):
        assert sign_in(person).get(page_of(job), follow=True).status_code == 403
    assert sign_in(cast.nurse.user).get(page_of(job)).status_code == 404
    assert sign_in(cast.officer.user).post(page_of(job)).status_code == 405


# -- the worker ---------------------------------------------------------------------------------------


def test_a_refusal_is_a_sentence_on_the_page_and_nothing_is_written(desk, officer):
    job = requested(officer)

    def refuse(job, file, by):
        factories.municipality("999999", "x")
        raise jobs.Refused("3行めが読めません。")

    run(refuse)
    text = desk.get(page_of(job)).content.decode()
    assert "3行めが読めません。" in text and 'href="/b/"' in text
    assert not Municipality.objects.filter(code="999999").exists()
    assert not FileJobPart.objects.exists()
    assert SecurityEvent.objects.filter(kind=SecurityKind.UPLOAD_REFUSED, detail=KIND).exists()


def test_a_file_that_takes_too_long_fails_at_once_and_changes_nothing(desk, officer):
    job = requested(officer)

    def slow(job, file, by):
        factories.municipality("999999", "x")
        raise SoftTimeLimitExceeded

    run(slow)
    job.refresh_from_db()
    assert (job.state, job.fault) == (JobState.FAILED, JobFault.TOO_LONG)
    assert "時間がかかりすぎた" in desk.get(page_of(job)).content.decode()
    assert not Municipality.objects.filter(code="999999").exists()
    assert run(slow) is None


def test_a_killed_worker_is_followed_by_another_and_at_last_given_up(desk, officer, time_machine):
    job = requested(officer)
    for n in range(MOST_TRIES):
        assert jobs._claim({KIND: None}).n_attempts == n + 1  # and the worker dies
        assert run(lambda *args: {}) is None
        let_time_pass(time_machine, jobs.LEASE + dt.timedelta(seconds=1))
    assert run(lambda *args: {}) is None
    job.refresh_from_db()
    assert (job.state, job.fault, job.parts.count()) == (JobState.FAILED, JobFault.GIVEN_UP, 0)
    assert "もう一度読んでも止まりました" in desk.get(page_of(job)).content.decode()


def test_a_fault_of_ours_stops_no_other_file(officer):
    bad = requested(officer, b"bad")
    good = requested(officer, b"good")

    def read(job, file, by):
        if file.read() == b"bad":
            raise ZeroDivisionError
        return {"read": True}

    while run(read):
        pass
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, bad.fault, bad.n_attempts) == (
        JobState.FAILED,
        JobFault.GIVEN_UP,
        MOST_TRIES,
    )
    assert (good.state, good.result) == (JobState.DONE, {"read": True})


def test_what_another_worker_has_taken_over_is_undone(officer):
    requested(officer)

    def lose(job, file, by):
        factories.municipality("999999", "x")
        FileJob.objects.filter(pk=job.pk).update(n_attempts=MOST_TRIES)
        return {}

    job = run(lose)
    job.refresh_from_db()
    assert job.state == JobState.RUNNING
    assert not Municipality.objects.filter(code="999999").exists()


def test_who_may_no_longer_do_it_gets_nothing_done(desk, officer):
    job = requested(officer)
    officer.staff_posts.update(role=Role.HELPDESK)
    run(lambda *args: pytest.fail("it was read"))
    job.refresh_from_db()
    assert (job.state, job.fault) == (JobState.FAILED, JobFault.NOT_ALLOWED)


def test_only_the_post_in_which_it_was_asked_counts(officer):
    other = factories.municipality("132012", "となり市(架空)")
    first = officer.staff_posts.get()
    StaffPost.objects.create(
        municipality=other, user=officer, name="兼務", role=Role.CITY, begins_on=today()
    )
    officer.current_posts = [first]
    requested(officer)
    seen = []
    run(lambda job, file, by: seen.extend(by.current_posts) or {})
    assert seen == [first]


# -- the clock ----------------------------------------------------------------------------------------


def test_a_result_is_kept_for_a_day_and_sealed(officer, sign_in, time_machine):
    job = requested(officer)
    run(lambda *args: {"name": "さくら"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT result, options FROM file_jobs_filejob")
        assert all(stored.startswith("sealed:") for stored in cursor.fetchone())
    let_time_pass(time_machine, dt.timedelta(hours=25))
    sweep()
    job.refresh_from_db()
    assert (job.state, job.result, job.options, job.file_name) == (JobState.GONE, {}, {}, "")
    assert "消しました" in sign_in(officer).get(page_of(job)).content.decode()
    let_time_pass(time_machine, dt.timedelta(days=31))
    sweep()
    assert not FileJob.objects.exists()


def test_a_file_that_no_worker_reads_is_destroyed_after_a_day(officer, sign_in, time_machine):
    job = requested(officer)
    let_time_pass(time_machine, dt.timedelta(hours=25))
    sweep()
    job.refresh_from_db()
    assert (job.state, job.fault, job.parts.count()) == (JobState.FAILED, JobFault.TOO_LATE, 0)
    text = sign_in(officer).get(page_of(job)).content.decode()
    assert "1日のうちに読めなかった" in text


@pytest.mark.parametrize(
    "task",
    [each.read_files for each in (roster_tasks, registration_tasks, linkage_tasks, notices_tasks)],
)
def test_the_clock_ends_a_file_before_its_lease_and_the_lease_before_it_comes_again(task):
    assert task.soft_time_limit == jobs.SECONDS < task.time_limit
    assert task.time_limit < jobs.LEASE.total_seconds()
    assert task.time_limit < settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]


def test_a_second_press_gives_the_same_job(officer):
    about = officer.staff_posts.get().pk
    first, second = (
        jobs.ask(JobKind.ROSTER_IMPORT, by=officer, task="t", back="/", about=about)
        for _ in range(2)
    )
    assert first == second


def test_an_address_that_names_no_job_finds_none(officer):
    done = requested(officer)
    run(lambda *args: {})
    assert jobs.result_named(str(done.pk), [KIND], by=officer) == done
    for named in ("", "x", "0" * 32, str(done.pk)[:-1]):
        assert jobs.result_named(named, [KIND], by=officer) is None
    assert jobs.result_named(str(done.pk), [JobKind.MAPPING_TRIAL], by=officer) is None


def test_damaged_bytes_end_the_job_and_not_the_worker(officer):
    job = requested(officer, b"abc")
    FileJobPart.objects.update(body="!!!")
    while run(lambda *args: pytest.fail("it was read")):
        pass
    job.refresh_from_db()
    assert job.fault == JobFault.GIVEN_UP
