"""A roster is synced over REST: completely, once, and never past the deletion guard."""

import datetime as dt

import pytest
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.linkage.connectors.contract import AuthError
from apps.linkage.models import DataSource, RunState, SourceKind, SyncRun
from apps.linkage.services.roster_sync import sync_roster
from apps.linkage.services.source_connectors import connector_for
from apps.linkage.services.source_secrets import seal_secret
from apps.people.models import Municipality, School, Student
from apps.roster import words as wording
from apps.roster.models import ImportState, RosterImport
from apps.roster.services import import_conditions, imports
from tests.linkage.oneroster_server import YEAR, Server, enrolment, pupil, running


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def source(db, server):
    city = Municipality.objects.create(code="172065", name="加賀市(架空)")
    with running(server) as base:
        yield DataSource.objects.create(
            municipality=city, kind=SourceKind.ONEROSTER, title="名簿", place=base,
            token_url=f"{base}/token", user_name="portal",
        )  # fmt: skip


def run_of(source, secret="secret"):  # noqa: S107
    run = SyncRun.objects.create(municipality=source.municipality, source=source)
    seal_secret(source, secret)
    state, words = sync_roster(source, run, connector_for(source), now=timezone.now())
    SyncRun.objects.filter(pk=run.pk).update(state=state)
    return run, state, words


def test_the_first_reading_brings_the_school(source):
    run, state, _ = run_of(source)
    assert state == RunState.DONE
    assert Student.objects.enrolled().count() == 7
    assert (run.n_read, run.n_kept) == (18, 9)  # a school, a class, seven students
    event = AuditEvent.objects.get(action=Action.ROSTER_IMPORTED)
    assert event.actor_role == "system"


def test_an_unchanged_roster_is_not_read_and_writes_nothing(source, server):
    run_of(source)
    server.requests_seen.clear()
    _, state, words = run_of(source)
    assert (state, RosterImport.objects.count()) == (RunState.DONE, 1)
    assert "変わりは" in words
    assert all(query["limit"] == "1" for _, query, _ in server.requests_seen)


def test_once_a_day_everything_is_read_and_still_nothing_is_written(source, server, time_machine):
    run_of(source)
    before = list(Student.objects.values())
    server.requests_seen.clear()
    time_machine.move_to(timezone.now() + dt.timedelta(days=1))
    run, *_ = run_of(source)
    assert any(query["limit"] != "1" for _, query, _ in server.requests_seen)
    assert (run.n_kept, run.n_unchanged) == (0, 9)
    assert list(Student.objects.values()) == before
    assert RosterImport.objects.count() == 1


def test_a_new_student_comes_in(source, server):
    run_of(source)
    server.data["users"].append(pupil(8))
    server.data["enrollments"].append(enrolment(8))
    run, state, _ = run_of(source)
    assert (state, run.n_kept) == (RunState.DONE, 1)
    assert Student.objects.enrolled().count() == 8


def half(server):
    del server.data["users"][3:], server.data["enrollments"][3:]


def test_when_many_would_vanish_a_person_decides(source, server):
    run_of(source)
    half(server)
    run, state, words = run_of(source)
    assert state == RunState.HELD
    assert "確かめて" in words
    assert run.n_kept == 0
    assert Student.objects.enrolled().count() == 7
    waiting = RosterImport.objects.get(state=ImportState.CHECKED)
    imports.import_roster(
        waiting, by=None, approval=import_conditions.ImportApproval(allow_many_gone=True)
    )
    assert Student.objects.enrolled().count() == 3
    assert run_of(source)[1] == RunState.DONE


def test_the_same_held_roster_waits_once_and_a_newer_one_takes_its_place(source, server):
    run_of(source)
    half(server)
    run_of(source)
    run_of(source)
    first = RosterImport.objects.get(state=ImportState.CHECKED)
    del server.data["users"][2:], server.data["enrollments"][2:]
    run_of(source)
    first.refresh_from_db()
    assert (first.state, first.content) == (ImportState.FORGOTTEN, None)
    assert RosterImport.objects.filter(state=ImportState.CHECKED).count() == 1


def test_a_broken_row_is_named_and_nothing_is_written(source, server):
    server.data["users"][2]["userMasterIdentifier"] = "?"
    run, state, _ = run_of(source)
    assert state == RunState.FAILED
    issue = run.issues.get()
    assert (issue.file, issue.line, issue.column) == ("users.csv", 4, "userMasterIdentifier")
    assert not Student.objects.exists()


def test_another_municipalitys_roster_is_refused(source, server):
    server.data["orgs"][0]["identifier"] = "132012"
    run, state, _ = run_of(source)
    assert state == RunState.FAILED
    assert "ほかの 自治体" in run.issues.get().reason
    assert not Student.objects.exists()


def test_a_schools_source_may_speak_of_that_school_only(source):
    source.school = School.objects.create(
        municipality=source.municipality, code="C117299990099", name="べつの学校", source_id="z"
    )
    run, state, _ = run_of(source)
    assert state == RunState.FAILED
    assert "ほかの 学校" in run.issues.get().reason


def test_a_wrong_secret_is_raised_to_the_run(source):
    source.secret_in_form = True
    with pytest.raises(AuthError):
        run_of(source, secret="wrong")  # noqa: S106
    assert not RosterImport.objects.exists()


def test_a_trial_imports_nobody_and_waits_in_words_for_a_person(source):
    run = SyncRun.objects.create(municipality=source.municipality, source=source, is_trial=True)
    seal_secret(source, "secret")
    state, words = sync_roster(source, run, connector_for(source), now=timezone.now())
    assert (state, run.n_kept) == (RunState.DONE, 9)
    assert "名簿の取り込み" in words
    assert not Student.objects.exists()
    assert source.cursor == {}
    waiting = RosterImport.objects.get()
    assert (waiting.state, waiting.content is not None) == (ImportState.CHECKED, True)
    assert wording.describe_changes(imports.preview_import(waiting)) != []
    imports.import_roster(waiting, by=None, alone="system")
    assert Student.objects.enrolled().count() == 7


# -- what a sync never decides alone ----------------------------------------------------------------

LATER = "9999-01-01T00:00:00Z"


def test_a_roster_of_another_school_year_waits_for_a_person(source, server):
    run_of(source)
    session = server.data["academicSessions"][0]
    session |= {"title": f"{YEAR - 1}年度", "dateLastModified": LATER}
    server.data["users"][0]["preferredFirstName"] = "まえ"
    _, state, words = run_of(source)
    assert state == RunState.HELD
    assert f"前の年度({YEAR - 1}年度)の名簿です" in words
    assert not Student.objects.filter(given_name="まえ").exists()
    waiting = RosterImport.objects.get(state=ImportState.CHECKED)
    imports.import_roster(
        waiting, by=None, approval=import_conditions.ImportApproval(allow_other_year=True)
    )
    assert Student.objects.filter(given_name="まえ").exists()


def test_a_number_given_to_another_child_waits_for_a_person(source, server):
    run_of(source)
    other = {"userMasterIdentifier": "3c6e8551-cb1d-4d2f-99c3-999999999999"}
    server.data["users"][0] |= {**other, "dateLastModified": LATER}
    _, state, words = run_of(source)
    assert (state, "同じ人かどうか" in words) == (RunState.HELD, True)
    waiting = RosterImport.objects.get(state=ImportState.CHECKED)
    (question,) = imports.preview_import(waiting).questions
    word = import_conditions.ImportApproval(answers={question.answer_key: "same"})
    imports.import_roster(waiting, by=None, approval=word)
    assert Student.objects.count() == 7
    assert run_of(source)[1] == RunState.DONE


def test_codes_that_move_wait_for_a_person(source, server):
    run_of(source)
    first, second = server.data["users"][:2]
    first["userIds"], second["userIds"] = second["userIds"], first["userIds"]
    first["dateLastModified"] = second["dateLastModified"] = LATER
    before = dict(Student.objects.values_list("pk", "local_code"))
    _, state, words = run_of(source)
    assert (state, "2人の管理コードが変わります" in words) == (RunState.HELD, True)
    assert dict(Student.objects.values_list("pk", "local_code")) == before
    waiting = RosterImport.objects.get(state=ImportState.CHECKED)
    code_changes = imports.preview_import(waiting).code_changes
    imports.import_roster(
        waiting,
        by=None,
        approval=import_conditions.ImportApproval(code_changes=code_changes.digest),
    )
    assert dict(Student.objects.values_list("pk", "local_code")) != before
    assert run_of(source)[1] == RunState.DONE
