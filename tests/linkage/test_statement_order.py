"""Whatever the order, the pages and the repetitions: the same rows, the same sums, the latest
statements.
"""

import datetime as dt
import uuid
from collections import Counter, defaultdict

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.consent.models import Purpose
from apps.consent.services.decisions import withdraw
from apps.linkage import study_weeks
from apps.linkage.connectors.contract import FileIdentity, Page, Record, SourcePosition
from apps.linkage.fact_kinds import STATEMENT, STUDY_WEEK
from apps.linkage.models import DataSource, LinkedRecord, SourceKind
from apps.linkage.services import deletion
from apps.linkage.services.importer import Importer
from apps.vault.models import SubjectKey
from apps.vault.services.keys import unlocked_keys
from tests import factories

DAY = dt.date(2026, 11, 2)  # a Monday; the tests are on the 20th
VERBS = (
    study_weeks.ANSWERED_VERB,
    study_weeks.COMPLETED_VERB,
    "http://adlnet.gov/expapi/verbs/launched",
)
MARKS = ("PRESENT", "LATE", "ABSENT_SICK")
few = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def undone(test):
    """Each example leaves the database as it found it."""
    with transaction.atomic():
        test()
        transaction.set_rollback(True)


def contents(purpose, kind=None):
    """[(student id, value)] of every row that can be opened."""
    rows = LinkedRecord.objects.readable().filter(purpose=purpose)
    rows = list(rows.filter(kind=kind) if kind else rows)
    keys = unlocked_keys({row.student_id for row in rows}, purpose)
    return [(row.student_id, keys[row.student_id].open(row)) for row in rows]


# -- statements -----------------------------------------------------------------------------------


@pytest.fixture
def two_who_study(cast):
    for student in (cast.sakura, cast.ren):
        factories.make_effective(student, Purpose.STUDY_LOG)
    source = DataSource.objects.create(
        municipality=cast.city, kind=SourceKind.XAPI_LRS, title="学習", place="http://lrs.example"
    )
    return source, [cast.sakura, cast.ren]


one_statement = st.tuples(
    st.integers(0, 1), st.integers(0, 13), st.sampled_from(VERBS), st.booleans()
)


@st.composite
def statements_and_pages(draw):
    """Statements, which of them are voided, and pages that have all of them at least once."""
    statements = draw(st.lists(one_statement, min_size=1, max_size=8))
    taken_back = draw(st.sets(st.sampled_from(range(len(statements))), max_size=2))
    pages = []
    for _ in range(draw(st.integers(1, 2))):  # the second time is drift: other pages, again
        news = draw(st.permutations([(n, False) for n in range(len(statements))]
                                    + [(n, True) for n in taken_back]))  # fmt: skip
        cuts = sorted(draw(st.lists(st.integers(0, len(news)), max_size=3)))
        pages += [news[a:b] for a, b in zip([0, *cuts], [*cuts, len(news)], strict=True)]
    return statements, taken_back, pages


@few
@given(statements_and_pages())
def test_any_pages_of_the_same_statements_give_the_same_rows_and_weekly_sums(two_who_study, drawn):
    source, students = two_who_study
    statements, taken_back, pages = drawn
    names = [str(uuid.uuid5(uuid.NAMESPACE_URL, str(n))) for n in range(len(statements))]

    def record(n):
        who, day, verb, success = statements[n]
        on = DAY + dt.timedelta(days=day)
        data = {"verb": verb, "success": success, "timestamp": f"{on}T03:00:00Z"}
        return Record(STATEMENT, str(students[who].master_id), names[n], on, data)

    def page(news):
        return Page(
            records=[record(n) for n, is_void in news if not is_void],
            erased=[names[n] for n, is_void in news if is_void],
        )

    def take_all():
        importer = Importer(source)
        for news in pages:
            importer.write([page(news)])
        stays = [n for n in range(len(statements)) if n not in taken_back]
        sums = defaultdict(dict)
        for n in stays:
            week = students[statements[n][0]].pk, study_weeks.iso_week(record(n).occurred_on)
            sums[week] = study_weeks.add_statement(sums[week], record(n).data)
        counted = Counter(
            (who, str(sorted(v.items()))) for who, v in contents("study_log", STATEMENT)
        )
        assert counted == Counter(
            (students[statements[n][0]].pk, str(sorted(record(n).data.items()))) for n in stays
        )
        weeks = {(who, v.pop("week")): v for who, v in contents("study_log", STUDY_WEEK)}
        assert {week: v for week, v in weeks.items() if any(v.values())} == sums

    undone(take_all)


def test_a_page_of_many_hundreds_is_streamed_and_summed(two_who_study):
    source, students = two_who_study
    data = {"verb": study_weeks.ANSWERED_VERB, "timestamp": f"{DAY}T03:00:00Z"}
    records = [
        Record(STATEMENT, str(student.master_id), str(uuid.uuid4()), DAY, data)
        for student in students
        for _ in range(450)
    ]
    batch = Importer(source).write([Page(records=records)])
    assert (batch.n_kept, LinkedRecord.objects.filter(kind=STATEMENT).count()) == (900, 900)
    assert [sums["n"] for _, sums in contents("study_log", STUDY_WEEK)] == [450, 450]


# -- files ----------------------------------------------------------------------------------------

a_file = st.dictionaries(
    st.tuples(st.integers(0, 1), st.integers(0, 9)),
    st.sampled_from(MARKS),
    min_size=1,
    max_size=12,
)


def take_file(source, students, facts, page_size=5, importer=None):
    """Import {(student, day): mark} as one file."""
    mark = FileIdentity("attendance_daily.csv", uuid.uuid4().hex * 2, "attendance_daily")
    records = []
    for line, ((who, day), code) in enumerate(sorted(facts.items(), key=str), 2):
        on = DAY + dt.timedelta(days=day)
        subject, data = students[who].local_code, {"date": on.isoformat(), "mark": code}
        place = SourcePosition(mark.name, line)
        records.append(
            Record("attendance_daily", subject, f"{subject}|{on}", on, data, place)
        )  # fmt: skip
    parts = [records[n : n + page_size] for n in range(0, len(records), page_size)]
    pages = [Page(records=part, file=mark) for part in parts] + [Page(file=mark, ends_file=True)]
    return (importer or Importer(source, accepts_loss=True)).write(iter(pages))


def rows_of(students):
    """{(student, day): mark} as it can be read."""
    who = {student.pk: number for number, student in enumerate(students)}
    return {
        (who[pk], (dt.date.fromisoformat(value["date"]) - DAY).days): value["mark"]
        for pk, value in contents("attendance")
    }


@few
@given(st.lists(a_file, min_size=1, max_size=5), st.integers(1, 6))
def test_files_that_overlap_correct_and_split_each_other_end_as_the_last_one_said(
    cast, source, files, page_size
):
    students = [cast.sakura, cast.ren]
    for student in students:
        factories.make_effective(student, Purpose.ATTENDANCE)

    def take_all():
        truth = {}
        for facts in files:
            days = {day for _, day in facts}
            take_file(source, students, facts, page_size)
            truth = {k: v for k, v in truth.items() if not min(days) <= k[1] <= max(days)} | facts
            assert rows_of(students) == truth

    undone(take_all)


@few
@given(
    st.lists(st.one_of(a_file, st.sampled_from(["withdraw", "agree", "sweep"])), max_size=7)
)  # fmt: skip
def test_withdrawing_between_files_leaves_nothing_readable_and_after_the_sweep_nothing(
    agreed, source, steps
):
    students, ours = [agreed.sakura, agreed.ren], LinkedRecord.objects.filter(student=agreed.sakura)

    def read_pages():
        for step in steps:
            has_key = SubjectKey.objects.filter(student=agreed.sakura, purpose="attendance")
            if step == "withdraw" and has_key.exists():
                withdraw(
                    student=agreed.sakura, actor=agreed.midori.user,
                    purpose=Purpose.ATTENDANCE, form_key=uuid.uuid4(),
                )  # fmt: skip
            elif step == "agree" and not has_key.exists():
                factories.make_effective(agreed.sakura, Purpose.ATTENDANCE)
            elif step == "sweep":
                deletion.delete_expired_records()
            elif isinstance(step, dict):
                take_file(source, students, step)
            assert has_key.exists() or not ours.readable().exists()
        deletion.delete_expired_records()
        assert not LinkedRecord.objects.filter(student=agreed.ren).exists()
        assert not LinkedRecord.objects.orphaned().exists()
        assert has_key_now(agreed.sakura) or not ours.exists()

    undone(read_pages)


def has_key_now(student):
    return SubjectKey.objects.filter(student=student, purpose="attendance").exists()


@pytest.mark.parametrize(
    ("kind", "purpose", "facts"),
    [
        (
            "attendance_monthly",
            Purpose.ATTENDANCE,
            [(dt.date(2026, 9, 1), {"month": "2026-09"}), (dt.date(2026, 10, 1), {"month": "2026-10"})],
        ),
        (
            "grades",
            Purpose.GRADES,
            [
                (dt.date(2026, 4, 1), {"year": 2026, "term": "1", "subject": "J010"}),
                (dt.date(2026, 9, 1), {"year": 2026, "term": "2", "subject": "J010"}),
            ],
        ),
    ],
)  # fmt: skip
def test_a_shorter_file_of_months_or_terms_takes_back_what_it_no_longer_states(
    cast, source, kind, purpose, facts
):
    for student in (cast.sakura, cast.ren):
        factories.make_effective(student, purpose)

    def take(*statements_and_pages, **decided):
        mark = FileIdentity(f"{kind}.csv", uuid.uuid4().hex * 2, kind)
        records = [
            Record(kind, student.local_code, f"{student.local_code}|{on}", on, data)
            for student, (on, data) in statements_and_pages
        ]
        Importer(source, **decided).write(iter([Page(records=records, file=mark, ends_file=True)]))

    take(*[(student, fact) for student in (cast.sakura, cast.ren) for fact in facts])
    take((cast.ren, facts[1]), accepts_loss=True)
    left = sorted(contents(purpose), key=str)
    assert left == sorted(
        [(cast.ren.pk, facts[0][1]), (cast.ren.pk, facts[1][1]), (cast.sakura.pk, facts[0][1])],
        key=str,
    )
