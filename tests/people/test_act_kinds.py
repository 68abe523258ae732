"""Every kind of act: previewed with a reason, refused to one person alone, waits,
can be stopped, is carried out once. A new kind needs a scenario here."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.people.act_kinds import ACT_KINDS
from apps.people.act_types import ActTiming
from apps.people.models import (
    ActState,
    PendingAct,
    Role,
    StaffPost,
)
from apps.people.services import pending_acts
from tests.people.act_scenarios import DAY, propose, the_act
from tests.people.base_act_scenario import yesterday
from tests.people.guardian_act_scenarios import (
    EndGuardianship,
    KeepGuardianOut,
    LetGuardianDecide,
    LetGuardianIn,
    RenameGuardian,
    RenewCards,
    RestoreAccess,
    RevokeLetters,
    StopGuardianDeciding,
)
from tests.people.key_act_scenarios import LoseKeys, LoseRecords
from tests.people.notice_act_scenarios import ChangeOrganisation, HideNotice, HideOrganisation
from tests.people.policy_act_scenarios import (
    KeepShorter,
    Narrow,
    PolicyBegin,
    PolicyEnd,
    ProgrammeBegin,
    ProgrammeEnd,
)
from tests.people.school_act_scenarios import (
    LongBreak,
    RetireQuestions,
    StartRule,
    StopDuty,
    ThinDuty,
)
from tests.people.staff_act_scenarios import (
    Appoint,
    ChangePost,
    EndPost,
    EndSessions,
    LockAccount,
    ResetFactor,
    RestorePost,
    UnlockAccount,
)

SCENARIOS = {
    "keys.lose": LoseKeys,
    "codes.renew": RenewCards,
    "letters.revoke": RevokeLetters,
    "sessions.end": EndSessions,
    "records.lose": LoseRecords,
    "calendar.rest": LongBreak,
    "duty.thin": ThinDuty,
    "questions.retire": RetireQuestions,
    "rule.start": StartRule,
    "account.lock": LockAccount,
    "post.appoint": Appoint,
    "post.change": ChangePost,
    "post.end": EndPost,
    "post.restore": RestorePost,
    "account.unlock": UnlockAccount,
    "second_factor.reset": ResetFactor,
    "access.restore": RestoreAccess,
    "guardian.keep_out": KeepGuardianOut,
    "guardian.let_decide": LetGuardianDecide,
    "guardian.let_in": LetGuardianIn,
    "guardian.rename": RenameGuardian,
    "guardian.stop_deciding": StopGuardianDeciding,
    "guardianship.end": EndGuardianship,
    "notice.hide": HideNotice,
    "organisation.change": ChangeOrganisation,
    "organisation.hide": HideOrganisation,
    "duty.stop": StopDuty,
    "policy.end": PolicyEnd,
    "policy.keep_shorter": KeepShorter,
    "policy.begin": PolicyBegin,
    "programme.end": ProgrammeEnd,
    "programme.begin": ProgrammeBegin,
    "access.narrow": Narrow,
}


# Two people by the rule of its own page: test_publishing; noted by a renewed card: test_pin_resets;
# on pages of their own: test_kept_out_people, test_staff_conflicts.
BY_ITS_OWN_RULE = {"words.publish", "pin.reset", "person.keep_out", "person.let_in",
                   "conflict.set", "conflict.end"}  # fmt: skip


def test_every_kind_of_the_table_has_a_scenario():
    assert set(SCENARIOS) | BY_ITS_OWN_RULE == set(ACT_KINDS)


@pytest.fixture(params=sorted(SCENARIOS))
def scenario(request, cast, sign_in):
    found = SCENARIOS[request.param](cast, sign_in)
    found.kind = request.param
    assert found.is_as_before()
    return found


@pytest.fixture
def proposed(scenario):
    scenario.client = scenario.sign_in(scenario.first)
    answer = propose(scenario.client, scenario.save(scenario.client))
    assert answer.status_code == 302, answer.content.decode()
    assert the_act().kind == scenario.kind
    return scenario


def works_when(kind, when):
    return ACT_KINDS[kind].when == when


@contextmanager
def undone():
    """What is done within is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_before_anybody_proposes_it(scenario):
    for rule in (
        _it_is_shown_in_numbers_and_names_before_anything_happens,
        _without_a_reason_nothing_begins,
        _where_nobody_may_confirm_it_waits_and_says_so,
    ):
        with undone():
            rule(scenario)


def test_while_it_waits(proposed):
    for rule in (
        _the_first_person_and_one_of_the_same_role_cannot_confirm_it,
        _what_nobody_confirms_ends_by_itself_and_what_works_already_stays,
        _the_second_person_finds_it_on_the_first_page_and_confirms_it_there,
        _either_stops_it_unless_two_people_undo_it,
        _it_is_carried_out_once_after_its_time_and_not_before,
        _the_same_act_cannot_wait_twice,
        _whoever_is_not_concerned_finds_no_such_act,
    ):
        with undone():
            rule(proposed)


def _it_is_shown_in_numbers_and_names_before_anything_happens(scenario):
    client = scenario.sign_in(scenario.first)
    page = client.get(scenario.save(client).url).content.decode()
    for words in (*scenario.names, ACT_KINDS[scenario.kind].name, "なぜ変えるのか"):
        assert words in page
    assert f"いま {scenario.n_confirmers}人 います" in page
    assert not PendingAct.objects.exists()
    assert scenario.is_as_before()


def _without_a_reason_nothing_begins(scenario):
    client = scenario.sign_in(scenario.first)
    answer = scenario.save(client)
    for reason in ("", "  ", "はい", "あ" * 301):
        assert propose(client, answer, reason=reason).status_code == 422, reason
        assert not PendingAct.objects.exists()
        assert scenario.is_as_before()


def _the_first_person_and_one_of_the_same_role_cannot_confirm_it(proposed):
    for user in (proposed.first, proposed.same_role):
        with pytest.raises(pending_acts.CannotAct):
            pending_acts.confirm(the_act(), by=user)
        client = proposed.sign_in(user)
        client.post(reverse("admin:people_pendingact_confirm", args=[the_act().pk]))
    assert the_act().state == ActState.WAITING
    proposed.work()
    assert not works_when(proposed.kind, ActTiming.AT_ONCE) or proposed.is_done()
    assert works_when(proposed.kind, ActTiming.AT_ONCE) or not proposed.is_done()


def _what_nobody_confirms_ends_by_itself_and_what_works_already_stays(proposed):
    act, days = the_act(), timedelta(days=6, hours=23)
    with time_machine.travel(act.proposed_at + days, tick=False):
        assert pending_acts.lapse_unconfirmed() == 0
    with time_machine.travel(act.proposed_at + days + timedelta(days=14), tick=False):
        is_kept = works_when(proposed.kind, ActTiming.AT_ONCE)
        assert pending_acts.lapse_unconfirmed() == int(not is_kept)
        proposed.work()
        assert the_act().state == (ActState.WAITING if is_kept else ActState.LAPSED)
        assert is_kept or (proposed.is_as_before() and not proposed.is_done())


def _the_second_person_finds_it_on_the_first_page_and_confirms_it_there(proposed):
    client = proposed.sign_in(proposed.second)
    assert "<span>確認を待つ変更</span>" in client.get(reverse("admin:index")).content.decode()
    page = client.get(reverse("admin:people_pendingact_change", args=[the_act().pk]))
    assert "二人目として確かめた" in page.content.decode()
    client.post(reverse("admin:people_pendingact_confirm", args=[the_act().pk]))
    act = the_act()
    assert (act.confirmed_by, act.state) == (proposed.second, ActState.AGREED)
    waits = ACT_KINDS[proposed.kind].when == ActTiming.A_DAY_AFTER
    assert act.due_at - act.confirmed_at == timedelta(days=int(waits))
    assert "<span>確認を待つ変更</span>" not in client.get(reverse("admin:index")).content.decode()


def _either_stops_it_unless_two_people_undo_it(proposed):
    for who in ("first", "second"):
        with undone():
            _stops_or_not(proposed, who)


def _stops_or_not(proposed, who):
    if ACT_KINDS[proposed.kind].undone_by:
        neither_stops_it_alone(proposed, who)
    else:
        either_stops_it(proposed, who)


def either_stops_it(proposed, who):
    """Everything is as before, also later."""
    if works_when(proposed.kind, ActTiming.A_DAY_AFTER):
        pending_acts.confirm(the_act(), by=proposed.second)
        proposed.work()
    client = proposed.sign_in(getattr(proposed, who))
    client.post(reverse("admin:people_pendingact_stop", args=[the_act().pk]))
    proposed.work()
    assert the_act().state == ActState.STOPPED
    assert proposed.is_as_before()
    with time_machine.travel(timezone.now() + DAY * 2, tick=False):
        proposed.work()
        assert proposed.is_as_before()


def neither_stops_it_alone(proposed, who):
    """What is undone by two people has no button, and its address stops nothing."""
    client = proposed.sign_in(getattr(proposed, who))
    page = client.get(reverse("admin:people_pendingact_change", args=[the_act().pk]))
    assert "この変更を止める" not in page.content.decode()
    client.post(reverse("admin:people_pendingact_stop", args=[the_act().pk]))
    proposed.work()
    assert the_act().state == ActState.WAITING
    assert proposed.is_done()


def _it_is_carried_out_once_after_its_time_and_not_before(proposed):
    pending_acts.confirm(the_act(), by=proposed.second)
    if works_when(proposed.kind, ActTiming.A_DAY_AFTER):
        proposed.work()
        assert not proposed.is_done()
    with time_machine.travel(timezone.now() + DAY, tick=False):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            proposed.work()
            raise ZeroDivisionError  # the worker is killed before it commits
        assert the_act().state == ActState.AGREED
        proposed.work()
        proposed.work()
        assert proposed.is_done()
        assert the_act().state == ActState.DONE
        with pytest.raises(pending_acts.CannotAct, match="もう行った"):
            pending_acts.stop(the_act(), by=proposed.first)
    for action in (Action.ACT_PROPOSED, Action.ACT_CONFIRMED, Action.ACT_DONE):
        assert AuditEvent.objects.filter(action=action, thing_id=str(the_act().pk)).count() == 1


def _the_same_act_cannot_wait_twice(proposed):
    if works_when(proposed.kind, ActTiming.AT_ONCE):
        assert proposed.is_done()  # there is nothing left to be hidden
        return
    assert propose(proposed.client, proposed.save(proposed.client)).status_code == 422
    assert PendingAct.objects.count() == 1


def _whoever_is_not_concerned_finds_no_such_act(proposed):
    outsider = proposed.sign_in(proposed.cast.away_nurse.user)
    for name in ("change", "confirm", "stop"):
        url = reverse(f"admin:people_pendingact_{name}", args=[the_act().pk])
        answer = outsider.get(url) if name == "change" else outsider.post(url)
        assert answer.status_code in (302, 403, 404)
    assert the_act().state == ActState.WAITING


def _where_nobody_may_confirm_it_waits_and_says_so(scenario):
    able = StaffPost.objects.filter(role__in=ACT_KINDS[scenario.kind].confirmer_roles).exclude(
        user=scenario.first
    )
    able.filter(municipality=scenario.cast.city).exclude(user=scenario.same_role).update(
        ends_on=yesterday(), begins_on=None
    )
    client = scenario.sign_in(scenario.first)
    answer = scenario.save(client)
    page = client.get(answer.url).content.decode()
    assert "いま、確かめられる人がいません" in page
    role = scenario.first.current_posts[0].role
    missing = [
        str(Role(each).label)
        for each in Role
        if each in ACT_KINDS[scenario.kind].confirmer_roles - {role}
    ]
    assert f"({'・'.join(missing)})。その立場の人が" in page
    assert propose(client, answer).status_code == 302
    page = client.get(reverse("admin:people_pendingact_change", args=[the_act().pk]))
    assert "いま、確かめられる人" in page.content.decode()
    assert the_act().state == ActState.WAITING
