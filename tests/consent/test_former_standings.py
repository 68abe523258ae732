"""Letting in restores the standing of before; an informed guardian decides only by a document and
two people.
"""

import pytest
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.consent.models import AnswerNeeded, Response
from apps.consent.services import standing_changes as changes
from apps.consent.services.purpose_status import is_effective, statuses_for
from apps.consent.services.scheduled_work import reconcile_all
from apps.people.models import Guardianship, GuardianStanding, PendingAct, Relation, StandingChange
from apps.people.models.choices import ActState
from apps.people.services import pending_acts
from apps.people.services.relations import CannotCorrectRelation, correct_relation
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


@pytest.fixture
def grown(town):
    """さくら with みどり and こうた named by the roster; ひかる, a grandmother, is informed."""
    town.hikaru = comes_by_letter(
        town.sakura, "ひかる", "hikaru@example.com", relation=Relation.GRANDPARENT
    )
    confirm(town.hikaru, INFORMED)
    return town


def standing_of(guardian, student):
    return guardianship_of(guardian, student).standing


def propose(guardian, student, by, **more):
    sent = {"why": "custody", "reason": REASON, "document_number": "家裁 第5号"} | more
    return changes.propose_let_decide(guardianship_of(guardian, student), by=by.user, **sent)


# -- letting in again -----------------------------------------------------------------------------------


@pytest.mark.parametrize("former", [INFORMED, DECIDES])
def test_letting_in_gives_back_what_was_before_keeping_out(grown, former):
    Guardianship.objects.filter(guardian=grown.hikaru).update(standing=former)
    for _ in range(2):  # the second time from what the first left
        keep_out(grown.hikaru, grown.sakura, grown.principal)
        assert standing_of(grown.hikaru, grown.sakura) == GuardianStanding.KEPT_OUT
        act = let_in(grown.hikaru, grown.sakura, grown.principal, grown.officer)
        assert standing_of(grown.hikaru, grown.sakura) == former
        assert act.payload["changes"] == {"standing": former}
    assert StandingChange.objects.first().standing == former


def test_the_page_says_what_somebody_let_in_will_be(grown, sign_in):
    keep_out(grown.hikaru, grown.sakura, grown.principal)
    client = sign_in(grown.principal.user)
    page = reverse(
        "admin:people_guardianship_standing", args=[guardianship_of(grown.hikaru, grown.sakura).pk]
    )
    sent = client.post(page, {"why": "over", "document_number": "教学 第34号"})
    shown = client.get(sent.url).content.decode()
    assert "知らせるだけ" in shown
    assert "判断する" not in shown


def test_where_nothing_says_what_was_before_the_guardian_decides_again(grown):
    grown.hajime.guardianships.update(standing=GuardianStanding.KEPT_OUT)  # by no act
    let_in(grown.hajime, grown.sakura, grown.principal, grown.officer)
    assert standing_of(grown.hajime, grown.sakura) == DECIDES


def test_who_was_raised_since_is_let_in_as_deciding(grown):
    keep_out(grown.hikaru, grown.sakura, grown.principal)
    let_in(grown.hikaru, grown.sakura, grown.principal, grown.officer)
    pending_acts.confirm(
        propose(grown.hikaru, grown.sakura, grown.principal), by=grown.officer.user
    )
    reconcile_all()
    assert standing_of(grown.hikaru, grown.sakura) == DECIDES
    keep_out(grown.hikaru, grown.sakura, grown.principal)
    let_in(grown.hikaru, grown.sakura, grown.principal, grown.officer)
    assert standing_of(grown.hikaru, grown.sakura) == DECIDES


# -- from informed to deciding --------------------------------------------------------------------------


def test_two_people_and_a_document_let_an_informed_guardian_decide(grown):
    act = propose(grown.hikaru, grown.sakura, grown.principal)
    reconcile_all()
    assert standing_of(grown.hikaru, grown.sakura) == INFORMED
    with pytest.raises(pending_acts.CannotAct):
        pending_acts.confirm(act, by=grown.principal.user)
    pending_acts.confirm(act, by=grown.officer.user)
    reconcile_all()
    change = StandingChange.objects.get()
    assert (change.standing, change.reason, change.document_number, change.act_id) == (
        DECIDES, "custody", "家裁 第5号", act.pk,
    )  # fmt: skip
    assert all(state.may_decide for state in statuses_for(grown.sakura, grown.hikaru.user))
    assert say(grown.sakura, grown.hikaru.user)


@pytest.mark.parametrize("wrong", [{"document_number": " "}, {"why": "because"}])
def test_without_a_document_and_a_reason_nobody_is_raised(grown, wrong):
    with pytest.raises(pending_acts.CannotAct):
        propose(grown.hikaru, grown.sakura, grown.principal, **wrong)
    assert not PendingAct.objects.exists()


def test_only_who_is_informed_is_raised_and_one_such_act_waits_at_a_time(grown):
    with pytest.raises(pending_acts.CannotAct):
        propose(grown.midori, grown.sakura, grown.principal)
    keep_out(grown.hajime, grown.sakura, grown.principal)
    with pytest.raises(pending_acts.CannotAct):
        propose(grown.hajime, grown.sakura, grown.principal)
    propose(grown.hikaru, grown.sakura, grown.principal)
    with pytest.raises(pending_acts.CannotAct):
        propose(grown.hikaru, grown.sakura, grown.principal)


def test_keeping_out_ends_a_raise_that_waits(grown):
    act = propose(grown.hikaru, grown.sakura, grown.principal)
    keep_out(grown.hikaru, grown.sakura, grown.principal)
    act.refresh_from_db()
    assert act.state == ActState.STOPPED
    assert standing_of(grown.hikaru, grown.sakura) == GuardianStanding.KEPT_OUT


def test_a_raise_of_a_tie_that_ended_meanwhile_is_void(grown):
    act = propose(grown.hikaru, grown.sakura, grown.principal)
    grown.hikaru.guardianships.update(ended_at=act.proposed_at)
    pending_acts.confirm(act, by=grown.officer.user)
    reconcile_all()
    act.refresh_from_db()
    assert act.state == ActState.VOID
    assert grown.hikaru.guardianships.get().standing == INFORMED


@pytest.fixture
def only_her(town):
    """さくら, whose only guardian ひかる answers while she waits and is then informed."""
    Guardianship.objects.filter(student=town.sakura).delete()
    town.hikaru = comes_by_letter(
        town.sakura, "ひかる", "hikaru@example.com", relation=Relation.FOSTER_PARENT
    )
    return town


def raised(town):
    confirm(town.hikaru, INFORMED)
    pending_acts.confirm(propose(town.hikaru, town.sakura, town.principal), by=town.officer.user)
    reconcile_all()


def test_an_earlier_yes_begins_nothing_by_the_raise_alone(only_her):
    say(only_her.sakura, only_her.sakura.user)
    say(only_her.sakura, only_her.hikaru.user)
    raised(only_her)
    assert key_of(only_her.sakura) is None
    assert AnswerNeeded.objects.filter(student=only_her.sakura, purpose=ATTENDANCE).exists()
    say(only_her.sakura, only_her.hikaru.user)
    assert is_effective(only_her.sakura, ATTENDANCE)


def test_an_earlier_no_destroys_nothing_by_the_raise_alone(grown):
    Guardianship.objects.filter(guardian=grown.hikaru).update(standing=GuardianStanding.WAITING)
    say(grown.sakura, grown.hikaru.user, Response.REFUSED)
    say(grown.sakura, grown.midori.user)
    say(grown.sakura, grown.sakura.user)
    before = key_of(grown.sakura).pk
    raised(grown)
    key = key_of(grown.sakura)
    assert (key.pk, key.destroy_after) == (before, None)


# -- the relation ---------------------------------------------------------------------------------------


def relation_page(guardianship):
    return reverse("admin:people_guardianship_relation", args=[guardianship.pk])


def test_staff_correct_a_relation_and_it_changes_no_standing(grown, sign_in):
    guardianship = guardianship_of(grown.hikaru, grown.sakura)
    client = sign_in(grown.principal.user)
    assert "祖父母" in client.get(relation_page(guardianship)).content.decode()
    answer = client.post(relation_page(guardianship), {"relation": "mother", "was": "grandparent"})
    assert answer.status_code == 302
    guardianship.refresh_from_db()
    assert (guardianship.relation, guardianship.standing) == ("mother", INFORMED)
    event = AuditEvent.objects.filter(fields=["relation"]).get()
    assert (event.actor_id, event.subject_id) == (grown.principal.user.pk, grown.sakura.pk)
    assert not PendingAct.objects.exists()


def test_a_relation_that_another_corrected_meanwhile_is_shown_again(grown, sign_in):
    guardianship = guardianship_of(grown.hikaru, grown.sakura)
    correct_relation(guardianship, "foster", was="grandparent", by=grown.officer.user)
    client = sign_in(grown.principal.user)
    sent = {"relation": "mother", "was": "grandparent"}
    answer = client.post(relation_page(guardianship), sent)
    assert answer.status_code == 422
    assert guardianship_of(grown.hikaru, grown.sakura).relation == "foster"
    assert 'value="foster"' in answer.content.decode()


def test_the_relation_of_who_waits_can_be_corrected_and_nothing_else_follows(grown):
    other = comes_by_letter(grown.sakura, "はは", "haha@example.com", relation=Relation.GRANDPARENT)
    guardianship = guardianship_of(other, grown.sakura)
    assert correct_relation(guardianship, "mother", was="grandparent", by=grown.principal.user)
    guardianship.refresh_from_db()
    assert (guardianship.relation, guardianship.standing) == ("mother", GuardianStanding.WAITING)


@pytest.mark.parametrize("who", ["homeroom", "nurse", "privacy"])
def test_who_may_not_keep_out_corrects_no_relation_and_raises_nobody(grown, sign_in, who):
    guardianship = guardianship_of(grown.hikaru, grown.sakura)
    client = sign_in(getattr(grown, who).user)
    for page in (
        relation_page(guardianship),
        reverse("admin:people_guardianship_decide", args=[guardianship.pk]),
    ):
        assert client.get(page).status_code in (403, 404)
        assert client.post(page, {"relation": "mother"}).status_code in (403, 404)
    assert guardianship_of(grown.hikaru, grown.sakura).relation == "grandparent"


def test_a_relation_of_the_own_family_and_one_nobody_knows_are_not_set(grown):
    guardianship = guardianship_of(grown.hikaru, grown.sakura)
    with pytest.raises(CannotCorrectRelation):
        correct_relation(guardianship, "boss", was="grandparent", by=grown.principal.user)
    factories.guardian(grown.sakura, "かぞく", "own@example.com")
    own = grown.principal.user
    type(grown.hikaru).objects.filter(given_name="かぞく").update(user=own)
    own = type(own).objects.get(pk=own.pk)  # who is of the family is asked once a request
    with pytest.raises(CannotCorrectRelation):
        correct_relation(guardianship, "mother", was="grandparent", by=own)
