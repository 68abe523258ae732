"""Signs are raised once from new rows, and deleted with consent or after thirty days."""

import datetime as dt
import threading
import uuid

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.cases.models import CaseState, RuleCheck, Sign, SignState, SupportCase
from apps.cases.services import case_queue, casework, shipped_rules
from apps.cases.services import signs as cases_signs
from apps.consent.models import Purpose
from apps.disclosure.services.access_days import CHECKED, all_access_days
from apps.vault.models import SubjectKey
from apps.vault.services.key_pauses import pause_keys, resume_keys
from apps.vault.services.sealed_content import OpeningReason, open_sealed
from apps.vault.share_folder import MARKER_FILE
from apps.vault.share_urls import folder_of
from tests import factories


def evaluations():
    return AuditEvent.objects.filter(action=Action.SEALED_EVALUATED).count()


def evidence(cast):
    signs = Sign.objects.select_related("student")
    return [
        v["items"] for v in open_sealed(signs, actor=cast.nurse.user, reason=OpeningReason.SIGN)
    ]


def test_enough_absences_raise_a_sealed_sign_and_open_a_case(watched, case):
    assert case.state == CaseState.NEW
    (items,) = evidence(watched)
    assert len(items) == 5
    assert {item["mark"] for item in items} == {"ABSENT_SICK"}
    assert b"ABSENT" not in bytes(Sign.objects.get().sealed)


def test_low_answers_join_the_one_open_case(watched, case):
    watched.feels(watched.sakura, 1, 0, 1)
    assert cases_signs.update_signs() == 1
    assert SupportCase.objects.get().signs.count() == 2


def test_a_sweep_twice_changes_nothing_and_opens_nothing_again(watched, case):
    before = list(Sign.objects.values()), list(SupportCase.objects.values()), evaluations()
    assert cases_signs.update_signs() == 0
    after = list(Sign.objects.values()), list(SupportCase.objects.values()), evaluations()
    assert after == before


def test_new_rows_that_change_no_evidence_leave_the_sign_as_it_was(watched, case):
    before = list(Sign.objects.values())
    watched.absent(watched.sakura, 3, mark="遅刻")
    assert cases_signs.update_signs() == 0
    assert list(Sign.objects.values()) == before
    assert evaluations() == 2


def test_a_newer_fact_renews_the_open_sign(watched, case):
    first = Sign.objects.get()
    watched.absent(watched.sakura, 1)
    assert cases_signs.update_signs() == 1
    renewed = Sign.objects.get()
    assert renewed.pk == first.pk
    assert renewed.expires_at > first.expires_at
    assert len(evidence(watched)[0]) == 6


def test_what_people_have_judged_is_not_raised_again_without_something_new(watched, case):
    casework.open_case(case, actor=watched.nurse.user, reason=OpeningReason.SIGN)
    casework.add_decision(
        case, actor=watched.nurse.user, judgement="nothing", words="話した。", form_key=uuid.uuid4()
    )
    watched.absent(watched.sakura, 3, mark="遅刻")
    assert cases_signs.update_signs() == 0
    assert not SupportCase.objects.open().exists()
    watched.absent(watched.sakura, 1)
    assert cases_signs.update_signs() == 1
    assert SupportCase.objects.open().count() == 1


def test_students_without_consent_are_never_opened(watched):
    watched.absent(watched.ren, 1, 2, 5, 9, 12)
    cases_signs.update_signs()
    assert not Sign.objects.exists()
    assert evaluations() == 0


def test_a_sign_expires_after_thirty_days_and_its_untouched_case_ends(watched, case, time_machine):
    time_machine.move_to(timezone.now() + dt.timedelta(days=30, minutes=1))
    cases_signs.update_signs()
    assert Sign.objects.get().state == SignState.EXPIRED
    case.refresh_from_db()
    assert case.state == CaseState.CLOSED
    assert AuditEvent.objects.filter(action=Action.CASE_CLOSED).count() == 1


def test_withdrawal_hides_the_sign_at_once_and_the_sweep_deletes_it(watched, case):
    watched.take_back(watched.sakura, Purpose.ATTENDANCE)
    assert case_queue.queue_for(watched.nurse.user) == []
    assert evidence_now(watched) == [None]
    cases_signs.update_signs()
    assert not Sign.objects.exists()
    assert not RuleCheck.objects.exists()
    case.refresh_from_db()
    assert case.state == CaseState.CLOSED


def evidence_now(cast):
    signs = Sign.objects.select_related("student")
    return open_sealed(signs, actor=cast.nurse.user, reason=OpeningReason.SIGN)


def test_withdrawing_one_purpose_keeps_what_stands_on_another(watched, case):
    watched.feels(watched.sakura, 1, 0, 1)
    cases_signs.update_signs()
    watched.take_back(watched.sakura, Purpose.ATTENDANCE)
    cases_signs.update_signs()
    (row,) = case_queue.queue_for(watched.nurse.user)
    assert row.purposes == ["チェックイン"]


def test_the_work_of_people_outlives_the_sign(watched, case):
    casework.open_case(case, actor=watched.nurse.user, reason=OpeningReason.SIGN)
    casework.add_decision(
        case, actor=watched.nurse.user, judgement="watch", words="見る。", form_key=uuid.uuid4()
    )
    watched.take_back(watched.sakura, Purpose.ATTENDANCE)
    cases_signs.update_signs()
    case.refresh_from_db()
    assert case.state == CaseState.WATCHING


def test_after_a_new_consent_the_rows_are_read_anew(watched, case):
    watched.take_back(watched.sakura, Purpose.ATTENDANCE)
    cases_signs.update_signs()
    factories.make_effective(watched.sakura, Purpose.ATTENDANCE)
    watched.absent(watched.sakura, 20)
    assert cases_signs.update_signs() == 1


def test_the_family_reads_that_it_was_evaluated_but_of_no_sign(watched, case):
    assert [day.what for day in all_access_days(watched.sakura, watched.midori.user)] == [CHECKED]


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_raise_one_sign(watched):
    watched.absent(watched.sakura, 2, 5, 9, 12, 16)
    start, found = threading.Barrier(2), []

    def run():
        try:
            start.wait(10)
            found.append(cases_signs.update_signs())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(found) == [0, 1]
    assert Sign.objects.count() == SupportCase.objects.count() == 1
    assert evaluations() == 1


def test_installing_the_rules_twice_changes_nothing(watched):
    assert shipped_rules.seed_rules(watched.city) == 0


def test_while_the_purpose_is_paused_a_sign_and_its_case_stay_as_they_are(watched, case):
    before = list(Sign.objects.values()), list(RuleCheck.objects.values())
    keys = list(SubjectKey.objects.values_list("pk", flat=True))
    pause_keys(keys)
    assert cases_signs.update_signs() == 0
    case.refresh_from_db()
    assert case.state == CaseState.NEW
    assert (list(Sign.objects.values()), list(RuleCheck.objects.values())) == before
    resume_keys(keys)
    assert cases_signs.update_signs() == 0
    assert len(evidence(watched)) == 1


def test_where_time_is_up_what_has_no_sign_is_closed_all_the_same(watched, case, monkeypatch):
    watched.take_back(watched.sakura, Purpose.ATTENDANCE)
    watched.feels(watched.sakura, 1, 0, 1)
    monkeypatch.setattr("apps.cases.services.signs.CHECK_TIME_S", -1)
    assert cases_signs.update_signs() == 0
    case.refresh_from_db()
    assert case.state == CaseState.CLOSED


def test_while_the_shares_are_away_no_rule_is_checked_and_nothing_fails(watched, caplog):
    watched.absent(watched.sakura, 2, 5, 9, 12, 16)
    marker = folder_of(settings.KEY_SHARES_URL) / MARKER_FILE
    mark = marker.read_text()
    marker.unlink()
    try:
        assert cases_signs.update_signs() == 0
    finally:
        marker.write_text(mark)
    assert not [line for line in caplog.records if line.exc_info]
    assert cases_signs.update_signs() == 1
