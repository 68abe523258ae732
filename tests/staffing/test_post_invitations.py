"""How an invited person comes to their post: the mailed number, then the code."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.core.clock import today
from apps.people.models import Role, StaffPost, User
from apps.people.services import pending_acts
from apps.staffing.models import StaffInvitation
from apps.staffing.services import appointments, invitations
from apps.staffing.services.invitations import CannotJoin
from tests.browser import Browser
from tests.people.act_scenarios import propose, the_act
from tests.staffing.post_helpers import APPOINT, WHY, facts, invited, number_in

STAFF, JOIN = reverse("staffing:enter_number"), reverse("staffing:join")


# -- inviting ------------------------------------------------------------------------------------


def test_a_lead_invites_the_city_confirms_and_the_person_comes_with_both_halves(town, sign_in):
    lead = sign_in(town.principal.user)
    assert propose(lead, lead.post(APPOINT, facts(town)), WHY).status_code == 302
    appointments.apply_post_acts()
    assert not mail.outbox  # nothing leaves before the second person
    pending_acts.confirm(the_act(), by=town.officer.user)
    appointments.apply_post_acts()
    (message,) = mail.outbox
    assert message.to == ["new@school.example"]
    row = StaffInvitation.objects.get()
    assert row.voice_code not in message.body
    page = lead.get(reverse("admin:staffing_staffinvitation_change", args=[row.pk]))
    assert row.voice_code in page.content.decode()
    visitor = Browser()
    visitor.post(STAFF, {"code": number_in(message)})
    answer = visitor.post(JOIN, {"code": row.voice_code.lower()})
    assert "パスワードを決める" in answer.content.decode()
    post = StaffPost.objects.get(user__email="new@school.example")
    assert (post.role, post.school, post.begins_on) == (Role.NURSE, town.school, today())
    assert StaffInvitation.objects.get().voice_code == ""
    event = AuditEvent.objects.get(action=Action.STAFF_APPOINTED)
    assert (event.actor, event.thing_id) == (town.principal.user, str(post.pk))


def test_the_mail_alone_lets_nobody_in_and_five_wrong_codes_end_it(town):
    row, number = invited(town)
    for _ in range(5):
        with pytest.raises(CannotJoin):
            invitations.accept_invitation(number, "22222222")
    with pytest.raises(CannotJoin):
        invitations.accept_invitation(number, row.voice_code)
    assert not User.objects.filter(email="new@school.example").exists()
    assert not StaffPost.objects.filter(name="新しい 先生").exists()


def test_an_invitation_works_once_and_not_after_a_week(town, time_machine):
    row, number = invited(town)
    invitations.accept_invitation(number, row.voice_code)
    with pytest.raises(CannotJoin):
        invitations.accept_invitation(number, row.voice_code)
    again, number = invited(town)
    time_machine.move_to(again.expires_at + timedelta(seconds=1), tick=False)
    with pytest.raises(CannotJoin):
        invitations.accept_invitation(number, again.voice_code)
    assert StaffPost.objects.filter(user__email="new@school.example").count() == 1


def test_only_who_invited_reads_the_code(town, sign_in):
    row, _ = invited(town)
    for person in (town.officer.user, town.privacy.user, town.nurse.user):
        page = sign_in(person).get(reverse("admin:staffing_staffinvitation_change", args=[row.pk]))
        assert row.voice_code not in page.content.decode()


def test_who_is_signed_in_as_somebody_else_does_not_take_an_invitation(town, sign_in):
    row, number = invited(town)
    lead = sign_in(town.principal.user)
    lead.post(STAFF, {"code": number})
    answer = lead.post(JOIN, {"code": row.voice_code})
    assert answer.status_code == 422
    assert "ほかの人としてサインイン" in answer.content.decode()
    assert not StaffPost.objects.filter(name="新しい 先生").exists()


def test_a_new_invitation_ends_the_old_number_and_code(town, sign_in):
    row, old = invited(town)
    code = row.voice_code
    sign_in(town.principal.user).post(reverse("admin:staffing_resend", args=[row.pk]))
    with pytest.raises(CannotJoin):
        invitations.accept_invitation(old, code)
    row.refresh_from_db()
    assert row.voice_code != code
    assert invitations.accept_invitation(number_in(mail.outbox[-1]), row.voice_code)


def test_a_revoked_invitation_opens_nothing(town, sign_in):
    row, number = invited(town)
    sign_in(town.officer.user).post(reverse("admin:staffing_revoke", args=[row.pk]))
    with pytest.raises(CannotJoin):
        invitations.accept_invitation(number, row.voice_code)
