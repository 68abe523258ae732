"""Damaged rows of one student do not stop rules from checking others."""

from apps.cases.models import CaseDecision, Sign
from apps.cases.services.casework import add_decision, open_case
from apps.cases.services.signs import update_signs
from apps.cases.services.timeline import timeline_of
from apps.consent.models import Purpose
from apps.linkage.models import LinkedRecord
from apps.vault.models import DamageReport, SubjectKey
from apps.vault.services.sealed_content import OpeningReason
from tests import factories
from tests.cases.conftest import break_facts_of
from tests.vault.damage_helpers import DAMAGE_WORDS, damage, lose_share


def two(watched):
    factories.make_effective(watched.ren, Purpose.ATTENDANCE)
    for student in (watched.sakura, watched.ren):
        watched.absent(student, 2, 5, 9, 12, 16)
    return watched.sakura, watched.ren


def test_a_damaged_row_of_one_student_does_not_stop_the_sweep(watched):
    first, second = two(watched)
    for row in LinkedRecord.objects.filter(student=first):
        damage(row)
    assert update_signs() == 1
    assert Sign.objects.get().student == second
    assert DamageReport.objects.filter(student=first).count() == 5


def test_a_missing_share_of_one_student_does_not_stop_the_sweep_nor_delete_a_row(watched):
    first, second = two(watched)
    lose_share(SubjectKey.objects.get(student=first, purpose=Purpose.ATTENDANCE).pk)
    assert update_signs() == 1
    assert Sign.objects.get().student == second
    assert LinkedRecord.objects.filter(student=first).count() == 5


def test_a_rule_that_fails_at_one_student_goes_on_with_the_others(watched, monkeypatch):
    first, _ = two(watched)
    break_facts_of(monkeypatch, first)
    assert update_signs() == 1


def test_a_case_opens_with_the_damaged_note_and_sign_shown_as_such(watched, case):
    nurse = watched.nurse.user
    open_case(case, actor=nurse, reason=OpeningReason.SIGN)
    add_decision(case, actor=nurse, judgement="watch", words="よく 見る", form_key=case.pk)
    damage(CaseDecision.objects.get())
    damage(Sign.objects.get())
    found = open_case(case, actor=nurse, reason=OpeningReason.SIGN)
    decided, *_ = [entry for entry in timeline_of(found) if entry.what == "判断"]
    assert any(DAMAGE_WORDS in text for _, text in decided.lines)
    assert (found.signs[0].facts, DAMAGE_WORDS in found.signs[0].unreadable) == (None, True)
