"""A change that ends something is one whenever it takes effect; one that begins for many is counted
and needs two people.
"""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from apps.consent.models import Programme, Purpose, PurposePolicy
from apps.consent.services.change_effects import effects_of_policy, effects_of_programme
from apps.consent.services.policy_changes import propose_policy_change
from apps.consent.services.purpose_status import is_effective
from apps.consent.services.scheduled_work import reconcile_all
from apps.core.clock import today
from apps.people.models import PendingAct, Role
from apps.people.services import pending_acts
from apps.vault.models import SubjectKey
from tests import factories
from tests.people.act_scenarios import DAY, propose, save, the_act

ATTENDANCE = Purpose.ATTENDANCE
WHY = "事業の見直しのため"


@pytest.fixture
def linked(cast):
    cast.second = factories.staff_post(Role.PRIVACY, of=cast.city).user
    for student in (cast.sakura, cast.ren):
        factories.make_effective(student, ATTENDANCE)
    cast.policy = PurposePolicy.objects.get(municipality=cast.city, purpose=ATTENDANCE)
    cast.programme = Programme.objects.get(municipality=cast.city)
    return cast


def in_days(n):
    return (today() + timedelta(days=n)).isoformat()


@pytest.mark.parametrize("n_days", [-1, 0, 1, 20])
def test_an_end_moved_nearer_ends_for_all_whenever_it_takes_effect(linked, n_days):
    effects = effects_of_programme(
        linked.programme, {"begins_on": in_days(-30), "ends_on": in_days(n_days)}
    )
    assert (effects.kind, effects.preview["students"]) == ("programme.end", 2)
    effects = effects_of_policy(linked.policy, {"ends_on": in_days(n_days)})
    assert (effects.kind, effects.preview["students"]) == ("policy.end", 2)


def test_a_beginning_moved_to_tomorrow_ends_what_is_linked_today(linked):
    effects = effects_of_policy(linked.policy, {"begins_on": in_days(1)})
    assert (effects.kind, effects.preview["students"]) == ("policy.end", 2)


def test_an_end_beyond_the_programmes_own_ends_nothing(linked):
    later = linked.programme.ends_on + timedelta(days=30)
    assert effects_of_policy(linked.policy, {"ends_on": later.isoformat()}).kind == ""


def test_an_end_set_to_tomorrow_waits_for_the_second_person_and_goes_on_until_then(linked, sign_in):
    client = sign_in(linked.officer.user)
    tomorrow = today() + timedelta(days=1)
    propose(client, save(client, linked.programme, ends_on=tomorrow.isoformat()))
    act = the_act()
    assert (act.kind, act.state) == ("programme.end", "waiting")
    assert Programme.objects.get(pk=linked.programme.pk).ends_on == linked.programme.ends_on
    assert is_effective(linked.sakura, ATTENDANCE)
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        reconcile_all()
    assert SubjectKey.objects.filter(purpose=ATTENDANCE).count() == 2


def test_the_last_day_there_is_can_be_an_end(linked):
    assert effects_of_programme(linked.programme, {"ends_on": "9999-12-31"}).kind == (
        "programme.begin"
    )


def test_a_term_made_longer_counts_who_is_linked_longer_and_asks_a_second_person(linked, sign_in):
    client = sign_in(linked.officer.user)
    later = linked.programme.ends_on + timedelta(days=30)
    answer = save(client, linked.programme, ends_on=later.isoformat())
    assert "はじまる・続く利用目的" in client.get(answer.url).content.decode()
    propose(client, answer)
    act = the_act()
    assert (act.kind, act.preview, act.state) == ("programme.begin", {"begins": 2}, "waiting")
    assert is_effective(linked.sakura, ATTENDANCE)
    pending_acts.confirm(act, by=linked.second)
    reconcile_all()
    assert Programme.objects.get(pk=linked.programme.pk).ends_on == later


def test_a_purpose_ticked_again_begins_for_nobody_before_a_second_person_agreed(linked):
    PurposePolicy.objects.filter(pk=linked.policy.pk).update(is_offered=False)
    reconcile_all()
    with time_machine.travel(timezone.now() + DAY, tick=False):
        reconcile_all()
    assert not SubjectKey.objects.filter(purpose=ATTENDANCE).exists()
    act = propose_policy_change(
        linked.policy, {"is_offered": True}, by=linked.officer.user, reason=WHY
    )
    assert (act.kind, act.preview["begins"], act.needs_second) == ("policy.begin", 2, True)
    reconcile_all()
    assert not SubjectKey.objects.filter(purpose=ATTENDANCE).exists()
    pending_acts.confirm(act, by=linked.second)
    reconcile_all()
    assert SubjectKey.objects.filter(purpose=ATTENDANCE).count() == 2


def test_what_is_ticked_for_a_term_that_begins_tomorrow_is_counted_too(linked):
    PurposePolicy.objects.filter(pk=linked.policy.pk).update(
        is_offered=False, begins_on=today() + timedelta(days=1)
    )
    policy = PurposePolicy.objects.get(pk=linked.policy.pk)
    effects = effects_of_policy(policy, {"is_offered": True})
    assert (effects.kind, effects.preview["begins"]) == ("policy.begin", 2)


def test_what_begins_for_one_student_is_made_by_one_person(cast):
    factories.make_effective(cast.sakura, ATTENDANCE)
    PurposePolicy.objects.filter(purpose=ATTENDANCE).update(is_offered=False)
    policy = PurposePolicy.objects.get(purpose=ATTENDANCE)
    act = propose_policy_change(policy, {"is_offered": True}, by=cast.officer.user, reason=WHY)
    assert not act.needs_second
    reconcile_all()
    assert is_effective(cast.sakura, ATTENDANCE)
    assert not PendingAct.objects.open().exists()


def test_a_page_older_than_an_hour_keeps_the_reason_and_shows_today_s_numbers(linked, sign_in):
    client = sign_in(linked.officer.user)
    answer = save(client, linked.policy, is_offered=None)
    what = client.get(answer.url).context["token"]
    address = answer.url.partition("?")[0]
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        late = sign_in(linked.officer.user).post(address, {"what": what, "reason": WHY})
    page = late.content.decode()
    assert late.status_code == 422
    assert "1時間がたった" in page
    assert WHY in page
    assert not PendingAct.objects.exists()
    fresh = {"what": late.context["token"], "reason": WHY}
    with time_machine.travel(timezone.now() + timedelta(minutes=62)):
        assert sign_in(linked.officer.user).post(address, fresh).status_code == 302
    assert the_act().reason == WHY


def test_an_address_older_than_an_hour_is_shown_anew(linked, sign_in):
    address = save(sign_in(linked.officer.user), linked.policy, is_offered=None).url
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        page = sign_in(linked.officer.user).get(address)
    assert page.status_code == 200
    assert "まだ何も変えていません" in page.content.decode()


def test_a_proposal_that_is_not_ours_is_404(linked, sign_in):
    address = save(sign_in(linked.officer.user), linked.policy, is_offered=None).url
    assert sign_in(linked.officer.user).get(address[:-3] + "xxx").status_code == 404
