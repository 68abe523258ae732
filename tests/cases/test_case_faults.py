"""Two people at once, a killed worker, a student who moves and comes back, words too long."""

import datetime as dt
import threading
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.urls import reverse

from apps.cases.case_states import TRANSITIONS
from apps.cases.models import CaseDecision, CaseState, Rule, RuleCheck, Sign, SupportCase
from apps.cases.services import assignments, case_writing, casework, rule_drafts, sign_checks, signs
from apps.cases.services.case_writing import CannotChangeCase, may_work_on, written_so_far
from apps.consent.models import Purpose
from apps.core.clock import today
from apps.people.models import User
from apps.people.permissions import may_open
from tests import factories
from tests.cases.sealed_rows import absences, put_rows
from tests.cases.test_casework import CARING, OTHERS, person


def key():
    return uuid.uuid4()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_is_told_of_the_other(watched, case):
    """Both saw the same page: the second has written nothing, and reads who was first."""
    users = [watched.nurse.user, watched.counsellor.user]
    casework.open_case(case, actor=users[0], reason="sign")
    seen, start, ends = written_so_far(case, users[0]), threading.Barrier(2), []

    def decide(user):
        try:
            start.wait(10)
            casework.add_decision(
                case, actor=user, judgement="watch", words="見る。", form_key=key(), seen=seen
            )
            ends.append("")
        except CannotChangeCase as error:
            ends.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    told = "".join(ends)
    assert "" in ends
    assert "書いているあいだに" in told
    assert CaseDecision.objects.count() == 1


def test_a_worker_that_dies_in_the_night_leaves_whole_students(watched, monkeypatch):
    """What it did stays, what it had begun is as before; the next run does the rest, once."""
    students = [watched.sakura]
    for number in (30, 31, 32):
        student = factories.student(watched.class_1, number=number)
        factories.guardian(student, email=f"{student.pk.hex}@example.com")
        factories.make_effective(student, Purpose.ATTENDANCE)
        students.append(student)
    put_rows(students, "attendance_daily", absences(2, 5, 9, 12, 16))
    monkeypatch.setattr(sign_checks, "STUDENTS_AT_ONCE", 2)
    real, batches = sign_checks.raise_signs, []

    def dies(found):
        batches.append(len(found))
        n = real(found)
        if len(batches) == 2:
            raise SystemExit("killed")
        return n

    monkeypatch.setattr(sign_checks, "raise_signs", dies)
    with pytest.raises(SystemExit):
        signs.update_signs()
    assert Sign.objects.count() == SupportCase.objects.count() == RuleCheck.objects.count() == 2
    monkeypatch.setattr(sign_checks, "raise_signs", real)
    assert signs.update_signs() == 2
    assert Sign.objects.count() == SupportCase.objects.count() == 4


def test_a_rule_that_ends_while_the_sweep_runs_finds_nothing_more(watched, monkeypatch):
    """The sweep stops at the next students; the new version looks at all of them."""
    other = factories.student(watched.class_1, number=30)
    factories.guardian(other, email="other@example.com")
    factories.make_effective(other, Purpose.ATTENDANCE)
    put_rows([watched.sakura, other], "attendance_daily", absences(2, 5, 9, 12))
    monkeypatch.setattr(sign_checks, "STUDENTS_AT_ONCE", 1)
    rule, real = Rule.objects.get(code="R3"), sign_checks._check_batch
    draft = rule_drafts.draft_rule(rule, {"absences": 4}, by=watched.officer.user)

    def starts(*told):
        done = real(*told)
        Rule.objects.filter(pk=draft.pk).update(approved_at=rule.activated_at, starts_on=today())
        rule_drafts.start_due_rules()
        return done

    monkeypatch.setattr(sign_checks, "_check_batch", starts)
    assert signs.update_signs() == 0
    assert RuleCheck.objects.filter(purpose="attendance").count() == 1
    monkeypatch.setattr(sign_checks, "_check_batch", real)
    assert signs.update_signs() == 2
    assert set(Sign.objects.values_list("rule__version", flat=True)) == {2}


def test_the_case_of_a_student_who_moves_follows_and_comes_back(watched, case, sign_in):
    """The old school finds nothing by the address, the new one does; back again as before."""
    page = reverse("admin:cases_supportcase_change", args=[case.pk])
    old, nurse = watched.sakura.school, watched.nurse.user
    casework.open_case(case, actor=nurse, reason="sign")
    casework.add_observation(case, actor=nurse, words="元気がない。", form_key=key())
    new = factories.school(watched.city, "C117220600077", "つぎの中学校(架空)")
    there = factories.staff_post("nurse", new, name="つぎの養護教諭").user
    assert sign_in(there).get(page).status_code == 404
    for school, of_class, reads, not_any_more in (
        (new, None, there, nurse), (old, watched.class_1, nurse, there),
    ):  # fmt: skip
        watched.sakura.school, watched.sakura.home_class = school, of_class
        watched.sakura.save()
        assignments.release_left_cases()
        assert sign_in(not_any_more).get(page).status_code == 404
        assert sign_in(reads).get(page).status_code == 200
        case.refresh_from_db()
        assert (case.school, case.holder) == (school, None)
        opened = casework.open_case(case, actor=reads, reason="sign")
        assert [c["words"] for _row, c in opened.notes["observations"]] == ["元気がない。"]


def test_too_many_words_and_days_that_are_over_are_refused_with_a_sentence(watched, case, sign_in):
    client = sign_in(watched.nurse.user)
    client.post(reverse("admin:cases_open", args=[case.pk]), {"reason": "sign"})
    note = reverse("admin:cases_work", args=[case.pk, "note"])
    answer = client.post(note, {"note-words": "あ" * 10_000, "note-form_key": str(key())})
    assert answer.status_code == 422
    assert "あ" * 10_000 in answer.content.decode()  # what was typed is not lost
    with pytest.raises(CannotChangeCase, match="2000字まで"):
        casework.add_observation(
            case, actor=watched.nurse.user, words="あ" * 10_000, form_key=key()
        )
    casework.add_decision(
        case, actor=watched.nurse.user, judgement="support", words="支援する。", form_key=key()
    )
    yesterday = (today() - dt.timedelta(days=1)).isoformat()
    plan = {"words": "朝", "agreed_with": "child", "review_on": yesterday, "form_key": str(key())}
    answer = client.post(
        reverse("admin:cases_work", args=[case.pk, "plan"]),
        {f"plan-{name}": value for name, value in plan.items()}
        | {"seen": written_so_far(case, watched.nurse.user)},
    )
    assert answer.status_code == 422
    assert "きょうより前の日" in answer.content.decode()


def test_every_person_state_and_part_is_as_the_tables_say(watched, case):
    """Person × state × act, and person × part: who may not work on a case does nothing in any."""
    acts = sorted({move for moves in TRANSITIONS.values() for move in moves} - {"open", "begin"})
    for who in (*CARING, *OTHERS):
        user = User.objects.get(pk=person(watched, who).pk)  # as its next request reads it
        works = may_work_on(case, user)
        assert works == (who in CARING), who
        for purpose in ("attendance", "study_log", "household"):
            part = Sign(student=case.student, purpose=purpose, rule=Rule.objects.get(code="R3"))
            part.rule.also = ""
            assert casework.may_open_sign(user, part) == may_open(user, case.student, purpose)
            assert not may_open(user, case.student, purpose) or works
        for state in CaseState:
            SupportCase.objects.filter(pk=case.pk).update(state=state)
            for act in acts:
                case.refresh_from_db()
                if not works:
                    with pytest.raises(PermissionDenied):
                        case_writing.locked_case(case, user)
                elif act in TRANSITIONS[state]:
                    case_writing.move(case, act)
                    assert case.state == TRANSITIONS[state][act]
                else:
                    with pytest.raises(CannotChangeCase):
                        case_writing.move(case, act)
