"""Watched folders, uploads and checkpoints in a real S3 server's bucket: every host sees the same."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings as now
from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.consent.models import Purpose
from apps.core.storage_aliases import LEDGER, LEDGER_COPY, SOURCES, UPLOADS
from apps.ledger.models import Checkpoint
from apps.ledger.services import checkpoints, given_checkpoints
from apps.linkage.connectors.contract import TransientError
from apps.linkage.connectors.school_files import SchoolFiles
from apps.linkage.models import DataSource, LinkedRecord, RunState, SourceKind
from apps.linkage.services import quiet_sources, sync_runs, upload_files, uploads
from apps.linkage.source_folders import source_folder
from tests import factories
from tests.peers.s3_server import KEY_ID, SECRET, S3Server
from tests.storage_folders import use_url

HEADER = "管理コード,日付,出欠区分,備考"
PREFIXES = {SOURCES: "in", UPLOADS: "up", LEDGER: "ledger", LEDGER_COPY: "copy"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with S3Server(tmp_path_factory.mktemp("s3") / "buckets") as running:
        yield running


@pytest.fixture
def bucket(server, settings, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    for alias, prefix in PREFIXES.items():
        use_url(settings, alias, server.url(prefix))
    yield server
    for prefix in PREFIXES.values():
        for path in sorted((server.folder / "city").glob(f"{prefix}/**/*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()


def csv(*lines, mark="病欠"):
    return "\r\n".join([HEADER, *(f"{code},2026-11-09,{mark}," for code in lines), ""]).encode()


def put(path, content):
    """As a school's system does: what is there is replaced."""
    storages[SOURCES].bucket.Object(storages[SOURCES]._normalize_name(path)).put(Body=content)


def pulled(cursor, *, after=timedelta(minutes=1)):
    files = SchoolFiles(storages[SOURCES].folder("172065/towa"), now=timezone.now() + after)
    pages = list(files.pull(cursor, "a"))
    return pages, (pages[-1].cursor if pages else cursor)


def test_a_watched_folder_in_a_bucket_is_read_whole_and_only_again_when_it_changed(bucket):
    assert not pulled({})[0][-1].records
    put("172065/towa/attendance_daily.csv", csv(1001, 1002))
    put("172065/towa/deeper/attendance_daily.csv", csv(1003))
    put("172065/towa/unknown.csv", b"x")
    put("172065/towas/attendance_daily.csv", csv(1004))
    pages, cursor = pulled({})
    assert [row.subject for page in pages for row in page.records] == ["1001", "1002"]
    assert [issue.place.file for page in pages for issue in page.issues] == ["unknown.csv"]
    later = timezone.now() + timedelta(minutes=2)
    files = SchoolFiles(storages[SOURCES].folder("172065/towa"), now=later)
    assert files.is_unchanged(cursor, "a")
    assert pulled(cursor) == ([], cursor)
    put("172065/towa/attendance_daily.csv", csv(1001, 1002, mark="遅刻"))  # of the same size
    assert not files.is_unchanged(cursor, "a")
    assert pulled(cursor)[1]["files"] != cursor["files"]


def test_a_file_that_is_replaced_while_it_is_read_is_read_again_later(bucket, monkeypatch):
    put("172065/towa/attendance_daily.csv", csv(1001))
    folder = storages[SOURCES].folder("172065/towa")
    plain, opened = folder.open, []

    def replaced(name):
        opened.append(name)
        if len(opened) == 2:
            put("172065/towa/attendance_daily.csv", csv(1002, mark="遅刻"))
        return plain(name)

    monkeypatch.setattr(folder, "open", replaced)
    with pytest.raises(TransientError):
        list(SchoolFiles(folder).pull({}, "a"))


def test_a_source_in_a_bucket_stays_under_the_prefix_of_its_municipality(bucket, cast):
    put(f"{cast.city.code}/towa/attendance_daily.csv", csv(1001))
    put("172014/towa/attendance_daily.csv", csv(2001))
    for place in ("../172014/towa", "/172014/towa", "towa/../../172014/towa", "", ".received"):
        source = DataSource(municipality=cast.city, kind=SourceKind.SCHOOL_FILES, place=place)
        with pytest.raises(Exception, match="外を"):
            source_folder(source)
    source = DataSource(municipality=cast.city, kind=SourceKind.SCHOOL_FILES, place="towa")
    assert [file.name for file in source_folder(source).files()] == ["attendance_daily.csv"]
    for path in ("../ledger/x", "a/../../up/x"):
        with pytest.raises(SuspiciousOperation):
            storages[SOURCES].open(path)


def test_runs_uploads_and_checkpoints_without_any_local_folder(bucket, cast, settings):
    """One process uploads and checkpoints; another, with other local folders, sees it all."""
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    source = DataSource.objects.create(
        municipality=cast.city, school=cast.school, kind=SourceKind.SCHOOL_FILES, title="出欠",
        place="towa",
    )  # fmt: skip
    day = f"{timezone.localdate() - timedelta(days=1)}"
    rows = csv(cast.sakura.local_code).replace(b"2026-11-09", day.encode())
    put(f"{cast.city.code}/towa/attendance_daily.csv", rows)
    assert sync_runs.sync_source(source).n_kept == 1
    file = SimpleUploadedFile("出欠.csv", rows.replace("病欠".encode(), "遅刻".encode()))
    run = uploads.receive_upload(source, file, by=cast.principal.user)
    assert upload_files.has_upload(run)
    checkpoint = checkpoints.make_checkpoint()
    assert checkpoint.pk
    assert given_checkpoints._into_place("a checkpoint") == 1
    assert elsewhere(bucket, run.upload) == {
        "upload": rows.replace("病欠".encode(), "遅刻".encode()).decode(),
        "checkpoint": Checkpoint.objects.get().statement,
        "sources": ["attendance_daily.csv"],
        "copies": 1,
    }
    uploads.decide_run(run, by=cast.principal.user, accepts_loss=True)
    sync_runs.sync_all()
    run.refresh_from_db()
    assert (run.state, upload_files.has_upload(run)) == (RunState.DONE, False)
    assert LinkedRecord.objects.count() == 1
    storages[UPLOADS].save(f"{run.pk}/attendance_daily_x.csv", ContentFile(rows))
    assert upload_files.delete_orphaned_uploads(3600, []) == 0
    assert upload_files.delete_orphaned_uploads(-3600, [run.upload]) == 1
    assert storages[UPLOADS].listdir("")[0] == []


ASK = """
import json, sys
from django.core.files.storage import storages
upload, city = sys.argv[1:]
numbers = storages["ledger"].listdir("checkpoints/00000")[1]
print(json.dumps({
    "upload": storages["uploads"].open(upload).read().decode(),
    "checkpoint": storages["ledger"].open(f"checkpoints/00000/{numbers[0]}").read().decode(),
    "sources": [file.name for file in storages["sources"].folder(f"{city}/towa").files()],
    "copies": len(storages["ledger_copy"].listdir("")[1]),
}))
"""


def elsewhere(bucket, upload):
    """What a process of another host sees."""
    names = {SOURCES: "SOURCE_URL", UPLOADS: "UPLOAD_URL", LEDGER: "LEDGER_URL",
             LEDGER_COPY: "LEDGER_COPY_URL"}  # fmt: skip
    urls = {name: bucket.url(PREFIXES[alias]) for alias, name in names.items()}
    code = f"import django; django.setup()\n{ASK}"
    city = next(iter(DataSource.objects.all())).municipality.code
    done = subprocess.run(
        [sys.executable, "-c", code, upload, city], cwd=now.BASE_DIR, text=True, check=True,
        env={**os.environ, **urls, "DJANGO_SETTINGS_MODULE": "kaga_portal.settings"},
        capture_output=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_a_bucket_that_does_not_answer_is_a_short_outage(bucket, cast, settings, monkeypatch):
    source = DataSource.objects.create(
        municipality=cast.city, school=cast.school, kind=SourceKind.SCHOOL_FILES, title="出欠",
        place="towa",
    )  # fmt: skip
    settings_before = settings.STORAGES
    for url in ("s3://city/in?endpoint=http://127.0.0.1:9&region=us-east-1",
                bucket.url("in").replace("s3://city/", "s3://nobody/")):  # fmt: skip
        for alias in PREFIXES:
            use_url(settings, alias, url)
        run = sync_runs.sync_source(source)
        assert run.state == RunState.RETRY, url
        assert not quiet_sources._is_unchanged(source, "")
        assert given_checkpoints._into_place("a checkpoint") == 0
        assert upload_files.delete_orphaned_uploads(0, []) == 0
        assert checkpoints.rollback_point() is None
    settings.STORAGES = settings_before
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    use_url(settings, LEDGER_COPY, bucket.url("copy"))
    assert given_checkpoints._into_place("a checkpoint") == 0
