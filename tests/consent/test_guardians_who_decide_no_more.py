"""A guardian who decided is only informed once two people agreed: nothing begins, nothing is lost."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apps.consent.models import AnswerNeeded, Response
from apps.consent.services import standing_changes as changes
from apps.consent.services.purpose_status import CannotDecide, is_effective, statuses_for
from apps.consent.services.scheduled_work import reconcile_all
from apps.people.models import Guardianship, GuardianStanding, PendingAct, StandingChange
from apps.people.models.choices import ActState
from apps.people.services import guardian_standings, pending_acts
from tests import factories
from tests.consent.standing_helpers import (
    ATTENDANCE,
    REASON,
    guardianship_of,
    keep_out,
    key_of,
    let_in,
    say,
    town,
)
from tests.consent.test_unconfirmed_guardians import comes_by_letter, confirm

__all__ = ["town"]
INFORMED, DECIDES = GuardianStanding.INFORMED, GuardianStanding.DECIDES
SENT = {"why": "custody", "reason": REASON, "document_number": "家裁 第5号"}


def ask(town, guardian=None, by=None, **more):
    guardianship = guardianship_of(guardian or town.hajime, town.sakura)
    by = (by or town.principal).user
    return changes.propose_stop_deciding(guardianship, by=by, **{**SENT, **more})


def lower(town, guardian=None, **more):
    act = ask(town, guardian, **more)
    pending_acts.confirm(act, by=town.officer.user)
    reconcile_all()
    return act


def raise_again(town):
    pair = guardianship_of(town.hajime, town.sakura)
    act = changes.propose_let_decide(pair, by=town.principal.user, **SENT)
    pending_acts.confirm(act, by=town.officer.user)
    reconcile_all()


def test_two_people_agree_first_and_what_rested_on_the_answer_alone_waits(town):
    say(town.sakura, town.hajime.user)
    say(town.sakura, town.sakura.user)
    before = key_of(town.sakura).pk
    act = ask(town)
    assert act.preview == {"guardians": 1, "purposes": 1, "asks": 0, "without": 0}
    reconcile_all()
    assert guardianship_of(town.hajime, town.sakura).standing == DECIDES
    with pytest.raises(pending_acts.CannotAct, match="もう確認"):
        ask(town, by=town.officer)
    with pytest.raises(pending_acts.CannotAct):
        pending_acts.confirm(act, by=town.principal.user)
    pending_acts.confirm(act, by=town.officer.user)
    reconcile_all()
    change = StandingChange.objects.get()
    assert (change.standing, change.reason, change.act_id) == (INFORMED, "custody", act.pk)
    assert not is_effective(town.sakura, ATTENDANCE)
    with time_machine.travel(timezone.now() + timedelta(days=30), tick=False):
        reconcile_all()
        assert (key_of(town.sakura).pk, key_of(town.sakura).destroy_after) == (before, None)
    with pytest.raises(CannotDecide):
        say(town.sakura, town.hajime.user)
    (state,) = statuses_for(town.sakura, town.midori.user)
    assert state.is_open  # the other guardian is asked
    say(town.sakura, town.midori.user)
    assert is_effective(town.sakura, ATTENDANCE)
    assert key_of(town.sakura).pk == before


def test_a_no_that_counts_no_more_begins_nothing_by_itself(town):
    say(town.sakura, town.hajime.user, Response.REFUSED)
    for person in (town.midori, town.sakura):
        say(town.sakura, person.user)
    assert ask(town).preview["asks"] == 1
    pending_acts.confirm(PendingAct.objects.get(), by=town.officer.user)
    reconcile_all()
    assert key_of(town.sakura) is None
    assert AnswerNeeded.objects.get().purpose == ATTENDANCE
    say(town.sakura, town.midori.user)
    assert is_effective(town.sakura, ATTENDANCE)


def test_deciding_again_restores_what_waited_and_ends_nothing_by_an_old_no(town):
    say(town.sakura, town.hajime.user)
    say(town.sakura, town.sakura.user)
    before = key_of(town.sakura).pk
    lower(town)
    raise_again(town)
    assert is_effective(town.sakura, ATTENDANCE)
    assert key_of(town.sakura).pk == before
    with time_machine.travel(timezone.now() + timedelta(days=30), tick=False):
        reconcile_all()
        assert key_of(town.sakura).pk == before


def test_keeping_out_comes_before_it_and_letting_in_gives_back_being_informed(town):
    act = ask(town)
    keep_out(town.hajime, town.sakura, town.principal)
    act.refresh_from_db()
    assert act.state == ActState.STOPPED
    let_in(town.hajime, town.sakura, town.principal, town.officer)
    lower(town)
    keep_out(town.hajime, town.sakura, town.principal)
    let_in(town.hajime, town.sakura, town.principal, town.officer)
    assert guardianship_of(town.hajime, town.sakura).standing == INFORMED
    with pytest.raises(pending_acts.CannotAct):
        ask(town)


def test_no_new_number_name_or_letter_lets_them_decide_again(town):
    lower(town)
    Guardianship.objects.filter(guardian=town.hajime).update(ended_at=timezone.now())
    again = factories.guardianship(town.hajime, town.sakura)
    assert again.standing == INFORMED
    twin = factories.guardian(town.sakura, "こうたろう", "twin@example.com")
    assert guardianship_of(twin, town.sakura).standing == INFORMED
    newcomer = comes_by_letter(town.sakura, "ちち", "chichi@example.com", relation="father")
    confirm(newcomer, DECIDES)
    assert guardianship_of(newcomer, town.sakura).standing == INFORMED
    assert guardianship_of(town.midori, town.sakura).standing == DECIDES


def test_the_page_asks_for_a_document_and_the_day_of_review_only_reminds(town, sign_in):
    pair = guardianship_of(town.hajime, town.sakura)
    page = reverse("admin:people_guardianship_inform", args=[pair.pk])
    client = sign_in(town.principal.user)
    assert page in client.get(reverse("admin:people_guardianship_change", args=[pair.pk])).text
    for wrong in ({"document_number": ""}, {"why": "danger"}, {"remind_on": "2020-01-01"}):
        sent = {"why": "court", "document_number": "家裁 第5号", **wrong}
        assert client.post(page, sent).status_code == 422
    day = timezone.localdate() + timedelta(days=20)
    sent = client.post(page, {"why": "court", "document_number": "家裁 第5号", "remind_on": day})
    shown = client.get(sent.url).text
    assert day.isoformat() in shown
    assert "前の返事は、同意も不同意も数えません" in shown
    for who in (town.homeroom, town.nurse, town.privacy):
        assert sign_in(who.user).post(page, {}).status_code in (403, 404)
    with pytest.raises(pending_acts.CannotAct, match="見なおす日"):
        ask(town, remind_on=timezone.localdate())
    lower(town, remind_on=day)
    tile = "見なおす日が来た"
    assert tile not in sign_in(town.principal.user).get(reverse("admin:index")).text
    with time_machine.travel(timezone.now() + timedelta(days=20), tick=False):
        for who in (town.principal, town.officer):
            text = sign_in(who.user).get(reverse("admin:index")).text
            assert tile in text
        listed = sign_in(town.principal.user).get(
            reverse("admin:people_guardianship_changelist"), {"review": "due"}
        )
        assert str(pair.pk) in listed.text
        others = factories.staff_post(town.principal.role, town.school, name="教頭先生")
        assert not guardian_standings.standings_to_review(others.user).exists()
        assert guardianship_of(town.hajime, town.sakura).standing == INFORMED
