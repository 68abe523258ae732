"""Fixtures: sakura agreed to attendance and check-ins; rules are active; days can be added."""

import datetime as dt
import uuid

import pytest

from apps.cases.models import SupportCase
from apps.cases.services.fact_readers import FACT_READERS
from apps.cases.services.shipped_rules import seed_rules
from apps.cases.services.signs import update_signs
from apps.checkins.services.question_sets import current_question_set, seed_questions
from apps.checkins.services.submissions import submit
from apps.consent.models import Purpose
from apps.consent.services.decisions import withdraw
from apps.core.clock import today
from apps.core.storage_aliases import SOURCES
from apps.linkage.models import DataSource, SourceKind
from apps.linkage.services.sync_runs import sync_source
from tests import factories
from tests.storage_folders import use_folder


@pytest.fixture(autouse=True)
def _a_friday_in_november(time_machine):
    """Far from 31 March, when everything of a school year ends."""
    time_machine.move_to(dt.datetime(2026, 11, 20, 1, 0, tzinfo=dt.UTC))


@pytest.fixture
def watched(cast, tmp_path, settings):
    """The cast, with ``absent(student, *days ago)``, ``feels(student, *moods)``, ``take_back``."""
    use_folder(settings, SOURCES, tmp_path)
    seed_rules(cast.city)
    seed_questions()
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    factories.make_effective(cast.sakura, Purpose.CHECKIN_REVIEW)
    source = DataSource.objects.create(
        municipality=cast.city, school=cast.school, kind=SourceKind.SCHOOL_FILES,
        title="出欠", place="towa",
    )  # fmt: skip
    folder = tmp_path / cast.city.code / "towa"
    folder.mkdir(parents=True)
    lines = ["管理コード,日付,出欠区分"]

    def absent(student, *days_ago, mark="病欠"):
        days = (today() - dt.timedelta(days=n) for n in days_ago)
        lines.extend(f"{student.local_code},{day.isoformat()},{mark}" for day in days)
        (folder / "attendance_daily.csv").write_text("\n".join(lines), encoding="utf-8")
        sync_source(source)

    def feels(student, *moods):
        for n, mood in enumerate(moods):
            submit(
                student=student, question_set=current_question_set(), answers={"mood": mood},
                client_key=uuid.uuid4(), answered_on=today() - dt.timedelta(days=len(moods) - n),
            )  # fmt: skip

    def take_back(student, purpose):
        withdraw(student=student, actor=student.user, purpose=purpose, form_key=uuid.uuid4())

    cast.absent, cast.feels, cast.take_back = absent, feels, take_back
    return cast


@pytest.fixture
def case(watched):
    """sakura's case: five absences in thirty days."""
    watched.absent(watched.sakura, 2, 5, 9, 12, 16)
    update_signs()
    return SupportCase.objects.get(student=watched.sakura)


def break_facts_of(monkeypatch, student):
    """The attendance of this student cannot be read any more: a defect."""
    reader = FACT_READERS["attendance"]

    def fails(row, value):
        if row.student_id == student.pk:
            raise ValueError("a defect")
        return reader.facts_of(row, value)

    monkeypatch.setitem(FACT_READERS, "attendance", reader._replace(facts_of=fails))
