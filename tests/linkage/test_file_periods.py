"""A file replaces the rows of its students and days; other deletions need a person's decision."""

from pathlib import Path

import pytest
from django.urls import reverse

from apps.consent.models import Purpose
from apps.linkage.models import DataSource, LinkedRecord, RunState, SyncRun
from apps.linkage.services import record_loss, sync_runs
from apps.people.services.pending_acts import confirm
from tests import factories
from tests.linkage.test_attendance_import import days_ago
from tests.people.act_scenarios import propose, the_act

INPUTS = Path(__file__).parent / "inputs" / "attendance-class-by-class"
CLASSES = ("attendance_daily_1-1.csv", "attendance_daily_1-2.csv")


@pytest.fixture
def classes(cast):
    """Two classes of four who agreed: {the class's file: [student]}."""
    written = {}
    for number, (name, of_class) in enumerate(
        zip(CLASSES, (cast.class_1, cast.class_2), strict=True)
    ):
        codes = [f"1{number + 1}0{n}" for n in range(2 + number, 6 + number)]
        written[name] = [
            factories.student(of_class, code, number=int(code[2:]), local_code=code)
            for code in codes
        ]
        for student in written[name]:
            factories.make_effective(student, Purpose.ATTENDANCE)
    return written


@pytest.fixture
def import_files(inbox, source):
    def bringing(name):
        (inbox / name).write_bytes((INPUTS / name).read_bytes())
        return sync_runs.sync_source(source)

    return bringing


@pytest.fixture
def city(cast, sign_in):
    return sign_in(cast.officer.user)


def decide(client, run, what, *, second=None):
    """Decide on a run; deleting rows waits for a ``second`` person."""
    answer = client.post(reverse("admin:linkage_decide", args=[run.pk, what]))
    if what == "loss":
        propose(client, answer)
        confirm(the_act(), by=second)
        record_loss.follow_acts()
    sync_runs.sync_all()
    return SyncRun.objects.exclude(pk=run.pk).filter(source=run.source_id).first()


def held_by(students):
    return LinkedRecord.objects.filter(student__in=[one.pk for one in students]).count()


def test_the_file_of_another_class_waits_and_takes_nothing_away(classes, import_files):
    one, two = CLASSES
    assert import_files(one).n_kept == 4
    run = import_files(two)
    assert run.state == RunState.HELD
    assert "名前の ない 生徒 4人(1年1組 4人)の 記録が 4件 消えます" in run.message
    assert [held_by(classes[name]) for name in CLASSES] == [4, 0]


@pytest.mark.parametrize(("what", "left"), [("keep", [4, 4]), ("loss", [0, 4])])
def test_a_person_says_what_becomes_of_the_rows_of_others(
    what, left, classes, import_files, city, cast
):
    import_files(CLASSES[0])
    run = decide(city, import_files(CLASSES[1]), what, second=cast.principal.user)
    assert (run.state, run.n_kept, run.n_erased) == (RunState.DONE, 4, 4 - left[0])
    assert [held_by(classes[name]) for name in CLASSES] == left


def test_a_loss_agreed_to_after_keeping_the_others_takes_nothing_of_them(
    classes, import_files, city, cast
):
    """After choosing to keep the others, the question is only about the named students."""
    import_files(CLASSES[0])
    run = import_files(CLASSES[1])
    SyncRun.objects.filter(pk=run.pk).update(keeps_others=True)
    page = city.get(reverse("admin:linkage_run", args=[run.pk])).content.decode()
    assert reverse("admin:linkage_decide", args=[run.pk, "keep"]) not in page
    assert reverse("admin:linkage_decide", args=[run.pk, "loss"]) in page
    second = cast.principal.user
    assert decide(city, run, "loss", second=second).state == RunState.DONE
    assert [held_by(classes[name]) for name in CLASSES] == [4, 4]


def test_a_source_of_files_by_class_is_told_so_once(classes, import_files, source):
    DataSource.objects.update(keeps_others=True)
    source.refresh_from_db()
    assert [import_files(name).state for name in CLASSES] == [RunState.DONE] * 2
    assert [held_by(classes[name]) for name in CLASSES] == [4, 4]


def test_a_file_in_the_middle_of_a_longer_one_takes_nothing_of_others_either(
    classes, import_files, inbox, source
):
    """The earlier file is longer: its rows of these days are found by opening them."""
    text = (INPUTS / CLASSES[0]).read_text(encoding="utf-8-sig").rstrip()
    text += "\n1102,2026-10-01,病欠\n1102,2026-11-19,病欠\n"
    (inbox / CLASSES[0]).write_text(text, encoding="utf-8")
    assert sync_runs.sync_source(source).n_kept == 6
    run = import_files(CLASSES[1])
    assert (run.state, "記録が 4件 消えます" in run.message) == (RunState.HELD, True)
    DataSource.objects.update(keeps_others=True, stopped_at=None)
    source.refresh_from_db()
    assert import_files(CLASSES[1]).state == RunState.DONE
    assert [held_by(classes[name]) for name in CLASSES] == [6, 4]


def test_rows_of_many_stay_until_a_second_person_agrees(classes, import_files, city):
    import_files(CLASSES[0])
    run = import_files(CLASSES[1])
    answer = city.post(reverse("admin:linkage_decide", args=[run.pk, "loss"]))
    page = city.get(answer.url).content.decode()
    for words in ("消える記録", "<strong>4</strong>", "1年1組 4人", "なぜ変えるのか"):
        assert words in page
    propose(city, answer)
    record_loss.follow_acts()
    sync_runs.sync_all()
    assert [held_by(classes[name]) for name in CLASSES] == [4, 0]
    assert the_act().preview == {"records": 4, "students": 4}
    assert (
        "理由を見る・止める"
        in city.get(reverse("admin:linkage_run", args=[run.pk])).content.decode()
    )


def test_a_yes_is_for_the_file_that_was_shown_and_no_other(
    classes, import_files, city, inbox, cast
):
    import_files(CLASSES[0])
    run = import_files(CLASSES[1])
    (inbox / CLASSES[1]).write_text(
        "管理コード,日付,出欠区分\n1203,2026-11-02,遅刻\n1206,2026-11-06,遅刻\n", encoding="utf-8"
    )
    again = decide(city, run, "loss", second=cast.principal.user)
    assert again.state == RunState.HELD
    assert held_by(classes[CLASSES[0]]) == 4


def rows(codes, days, mark="病欠"):
    return [f"{code},{days_ago(n)},{mark}," for code in codes for n in days]


def test_one_class_that_loses_much_is_asked_about_though_the_school_has_more(cast, source, put):
    """A class of 3 loses 24 of 30 rows: of the whole file that is less than a third."""
    codes = {
        of_class: [
            factories.student(of_class, "x", number=50 + n, local_code=f"{of_class.title}{n}")
            for n in range(6)
        ]
        for of_class in (cast.class_1, cast.class_2)
    }
    for student in [one for students in codes.values() for one in students]:
        factories.make_effective(student, Purpose.ATTENDANCE)
    one, two = ([s.local_code for s in students] for students in codes.values())
    put(*rows(one, range(1, 11)), *rows(two[:3], range(1, 11)))
    assert sync_runs.sync_source(source).n_kept == 90
    put(*rows(one, range(1, 11)), *rows(two[:3], (1, 10)))
    run = sync_runs.sync_source(source)
    assert (run.state, "30件のうち 24件が 消えます" in run.message) == (RunState.HELD, True)
    assert LinkedRecord.objects.count() == 90


def test_a_correction_of_students_the_file_names_needs_no_question(agreed, source, put):
    put(*rows(["1001"], range(1, 11)))
    sync_runs.sync_source(source)
    put(*rows(["1001"], (1, 2, 3, 4, 5, 6, 7, 10)))
    run = sync_runs.sync_source(source)
    assert (run.state, run.n_erased, LinkedRecord.objects.count()) == (RunState.DONE, 2, 8)


def test_a_student_whose_rows_are_all_refused_is_not_taken_as_without_rows(
    agreed, source, put, cast
):
    factories.make_effective(cast.ren, Purpose.ATTENDANCE)
    put(*rows(["1001", "2001"], (1, 2)))
    sync_runs.sync_source(source)
    put(*rows(["1001"], (1, 2)), *rows(["2001"], (1, 2), "なぞの区分"))
    run = sync_runs.sync_source(source)
    assert (run.state, run.n_issues, run.n_erased) == (RunState.PARTLY, 2, 0)
    assert held_by([cast.ren]) == 2


def test_the_page_of_a_question_says_when_it_is_over(classes, import_files, city, source):
    import_files(CLASSES[0])
    run = import_files(CLASSES[1])
    url = reverse("admin:linkage_run", args=[run.pk])
    assert "残して取り込む" in city.get(url).content.decode()
    decide(city, run, "keep")
    page = city.get(url).content.decode()
    assert "ここで決めることは、もうありません" in page
    assert "残して取り込む" not in page
    answer = city.post(reverse("admin:linkage_decide", args=[run.pk, "loss"]), follow=True)
    assert "もう 決まって います" in answer.content.decode()
    assert not SyncRun.objects.filter(accepts_loss=True).exists()


@pytest.mark.parametrize("who", ["principal", "homeroom", "helpdesk"])
def test_only_the_city_decides_about_a_folder(who, classes, import_files, sign_in, cast):
    import_files(CLASSES[0])
    run = import_files(CLASSES[1])
    client = sign_in(getattr(cast, who).user)
    for what in ("keep", "loss", "take", "drop"):
        url = reverse("admin:linkage_decide", args=[run.pk, what])
        assert client.post(url).status_code in (403, 404)
    assert SyncRun.objects.filter(state=RunState.WAITING).count() == 0
