"""Fixtures: sakura's attendance may be linked, ren's may not; a folder of school files."""

import datetime as dt

import pytest

from apps.consent.models import Purpose
from apps.core.storage_aliases import SOURCES, UPLOADS
from apps.linkage.models import DataSource, SourceKind
from tests import factories
from tests.storage_folders import use_folder

HEADER = "管理コード,日付,出欠区分,備考"


@pytest.fixture(autouse=True)
def _a_friday_in_november(time_machine):
    """Far from 31 March, when everything of a school year ends."""
    time_machine.move_to(dt.datetime(2026, 11, 20, 1, 0, tzinfo=dt.UTC))


@pytest.fixture
def inbox(cast, tmp_path, settings):
    use_folder(settings, SOURCES, tmp_path)
    use_folder(settings, UPLOADS, tmp_path / ".received")
    folder = tmp_path / cast.city.code / "towa"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def put(inbox):
    """``put("1001,2026-11-20,病欠,", …)`` writes a file of these lines under the usual header."""

    def write(*lines, name="attendance_daily.csv", header=HEADER, encoding="utf-8-sig"):
        text = "\r\n".join([header, *lines, ""])
        (inbox / name).write_bytes(text.encode(encoding))

    return write


@pytest.fixture
def source(cast, inbox):
    return DataSource.objects.create(
        municipality=cast.city, school=cast.school, kind=SourceKind.SCHOOL_FILES,
        title="出欠", place="towa",
    )  # fmt: skip


@pytest.fixture
def agreed(cast):
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    return cast
