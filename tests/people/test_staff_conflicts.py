"""Whose child a student is, entered by hand: that person does nothing about the child as staff."""

import uuid

import pytest
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.helpline.models import HelpRequest
from apps.helpline.services import help_requests
from apps.people.models import PendingAct, StaffConflict, User
from apps.people.permissions import may_open
from apps.people.services import act_queries, pending_acts, staff_conflicts
from apps.people.services.person_accounts import children_of_person
from tests import factories

WHY = "本人から申し出があったため"


def again(post):
    return User.objects.get(pk=post.user_id)


def enter(cast, post=None, by=None, student=None, tie="child"):
    return staff_conflicts.set_conflict(
        student or cast.sakura, post or cast.nurse, tie, by=again(by or cast.principal), reason=WHY
    )


def test_it_works_at_once_for_the_child_and_the_help_requests_of_the_class(cast):
    factories.duty_roster(cast)
    mate = factories.student(cast.class_1, "あおい", number=2)
    asked = help_requests.send_help_request(student=mate, wanted="nurse", form_key=uuid.uuid4())
    assert may_open(again(cast.nurse), cast.sakura, "attendance")
    assert HelpRequest.objects.visible_to(again(cast.nurse)).filter(pk=asked.pk).exists()
    act = enter(cast)
    assert children_of_person(again(cast.nurse)) == {cast.sakura.pk}
    for purpose in ("attendance", "checkin_review", "casework"):
        assert not may_open(again(cast.nurse), cast.sakura, purpose)
    assert may_open(again(cast.nurse), cast.ren, "attendance")
    assert not HelpRequest.objects.visible_to(again(cast.nurse)).filter(pk=asked.pk).exists()
    (event,) = AuditEvent.objects.filter(thing="people.StaffConflict")
    assert (event.fields, event.audience) == (["person", "tie"], "office")
    assert act_queries.why_not_confirm(act, again(cast.officer)) == ""


def test_ending_it_needs_two_people_first_never_the_one_it_is_about(cast):
    enter(cast)
    row = StaffConflict.objects.get()
    act = staff_conflicts.propose_conflict_end(row, by=again(cast.principal), reason=WHY)
    staff_conflicts.carry_out_conflicts()
    assert children_of_person(again(cast.nurse)) == {cast.sakura.pk}
    for who in (cast.principal, cast.nurse):
        with pytest.raises(pending_acts.CannotAct):
            pending_acts.confirm(act, by=again(who))
    pending_acts.confirm(act, by=again(cast.officer))
    staff_conflicts.carry_out_conflicts()
    assert children_of_person(again(cast.nurse)) == set()
    assert not PendingAct.objects.open().exists()
    with pytest.raises(pending_acts.CannotAct, match="もう"):
        staff_conflicts.propose_conflict_end(row, by=again(cast.principal), reason=WHY)
    assert enter(cast)  # and again


def test_an_officer_it_is_about_neither_sees_nor_confirms_it(cast):
    act = enter(cast, post=cast.officer)
    assert act not in act_queries.acts_visible_to(again(cast.officer))
    assert act_queries.why_not_confirm(act, again(cast.officer))
    assert not staff_conflicts.conflicts_for(again(cast.officer)).exists()


def test_wrong_input_is_refused(cast):
    enter(cast)
    for wrong in ({}, {"tie": "friend"}, {"post": cast.away_nurse}, {"by": cast.homeroom}):
        with pytest.raises(pending_acts.CannotAct):
            enter(cast, **wrong)
    enter(cast, post=cast.principal, by=cast.officer)
    with pytest.raises(pending_acts.CannotAct, match="自分の子ども"):
        enter(cast, post=cast.counsellor)
    assert StaffConflict.objects.count() == 2


def test_the_pages_of_lead_and_city(cast, sign_in):
    page = reverse("admin:people_staffconflict_begin", args=[cast.sakura.pk])
    client = sign_in(cast.principal.user)
    student = reverse("admin:people_student_change", args=[cast.sakura.pk])
    assert page in client.get(student).text
    assert "すぐに効きます" in client.get(page).text
    typed = {"post": cast.nurse.pk, "tie": "relative", "reason": WHY}
    for wrong in ({"post": ""}, {"post": cast.away_nurse.pk}, {"tie": ""}, {"reason": ""}):
        assert client.post(page, {**typed, **wrong}).status_code == 422
    assert client.post(page, typed).status_code == 302
    assert client.post(page, typed).status_code == 422  # there already
    row = StaffConflict.objects.get()
    end = reverse("admin:people_staffconflict_end", args=[row.pk])
    for address in (
        reverse("admin:people_staffconflict_changelist"),
        reverse("admin:people_staffconflict_change", args=[row.pk]),
        end,
    ):
        assert client.get(address).status_code == 200
        for who in (cast.homeroom, cast.nurse, cast.away_nurse):
            assert sign_in(who.user).get(address).status_code in (403, 404)
    assert sign_in(cast.homeroom.user).get(page).status_code == 403
    assert client.post(end, {"reason": ""}).status_code == 422
    assert client.post(end, {"reason": WHY}).status_code == 302
