"""Posts of staff are given, changed, ended and restored by two people; nobody does it about
themselves.
"""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.core.clock import today
from apps.helpline.models import DutyRoster
from apps.people.models import Municipality, PendingAct, Role, StaffPost, User
from apps.people.services import pending_acts
from apps.people.services.pending_acts import CannotAct
from apps.signin.services import account_locks
from apps.staffing.models import StaffInvitation
from apps.staffing.services import appointments, invitations
from apps.staffing.services.invitations import CannotJoin
from tests import factories
from tests.people.act_scenarios import propose, the_act
from tests.staffing.post_helpers import APPOINT, WHY, facts, invited, number_in


@pytest.mark.parametrize(
    ("role", "school", "more", "words"),
    [
        ("homeroom", True, {}, "学級"), ("year_head", True, {}, "学年"),
        ("nurse", False, {}, "学校"), ("city", True, {}, "立場"),
        ("nurse", True, {"grade": "J1"}, "学年"),
        ("nurse", True, {"begins_on": "2027-04-01", "ends_on": "2027-03-01"}, "おわり"),
    ],
)  # fmt: skip
def test_a_post_that_makes_no_sense_is_refused(town, sign_in, role, school, more, words):
    data = facts(town, role=role, **more)
    if not school:
        data.pop("school")
    answer = sign_in(town.officer.user).post(APPOINT, data)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_guardians_address_is_invited_like_any_and_its_owner_reads_that_it_gives_no_post(town):
    post = StaffPost(
        municipality=town.city, school=town.school, role=Role.NURSE, name="新しい 先生"
    )
    act = appointments.propose_appointment(
        post, "midori@example.com", by=town.principal.user, reason=WHY
    )
    pending_acts.confirm(act, by=town.officer.user)
    appointments.apply_post_acts()
    invitation, number = StaffInvitation.objects.latest("issued_at"), number_in(mail.outbox[-1])
    assert mail.outbox[-1].to == ["midori@example.com"]
    with pytest.raises(CannotJoin, match="保護者または生徒のアカウント"):
        invitations.accept_invitation(number, invitation.voice_code)
    assert not StaffPost.objects.filter(user=town.midori.user).exists()


def dismiss(post):
    """The holder's post is over since yesterday."""
    StaffPost.objects.filter(pk=post.pk).update(ends_on=today() - timedelta(days=1))


def test_what_a_dismissed_person_began_is_not_confirmed(town):
    post = StaffPost(
        municipality=town.city, school=town.school, role=Role.NURSE, name="新しい 先生"
    )
    act = appointments.propose_appointment(
        post, "new@school.example", by=town.principal.user, reason=WHY
    )
    dismiss(town.principal)
    with pytest.raises(CannotAct, match="もうこの変更をはじめる立場ではありません"):
        pending_acts.confirm(act, by=town.officer.user)
    assert not appointments.apply_post_acts() and not mail.outbox


def test_an_ending_that_took_effect_is_confirmed_after_who_ended_it_has_left(town):
    act = appointments.end_post(town.nurse, by=town.principal.user, reason=WHY)
    dismiss(town.principal)
    assert pending_acts.confirm(act, by=town.officer.user).confirmed_at


def leave(town, row):
    dismiss(town.principal)


def lock(town, row):
    User.objects.filter(pk=town.principal.user_id).update(is_active=False)


def pass_its_end(town, row):
    StaffInvitation.objects.filter(pk=row.pk).update(ends_on=today() - timedelta(days=1))


def make_no_sense(town, row):
    StaffInvitation.objects.filter(pk=row.pk).update(school_class=town.class_1)


@pytest.mark.parametrize("what", [leave, lock, pass_its_end, make_no_sense])
def test_an_invitation_ends_with_who_made_it_and_with_its_post(town, what):
    row, number = invited(town)
    what(town, row)
    with pytest.raises(CannotJoin):
        invitations.accept_invitation(number, row.voice_code)
    with pytest.raises(CannotJoin):
        invitations.resend_invitation(row, by=town.officer.user)
    assert not StaffPost.objects.filter(name="新しい 先生").exists()


def test_nobody_themselves_is_invited(town, sign_in):
    address = town.principal.user.email
    answer = sign_in(town.principal.user).post(APPOINT, facts(town, mail=address))
    assert answer.status_code == 422
    post = StaffPost(municipality=town.city, school=town.school, role=Role.NURSE, name="自分")
    with pytest.raises(CannotAct):
        appointments.propose_appointment(post, address, by=town.principal.user, reason=WHY)


def test_a_lead_gives_no_post_of_the_city_and_none_at_another_school(town, sign_in):
    other = factories.school(town.city, "C117220600025", "ほかの中学校(架空)")
    lead = sign_in(town.principal.user)
    assert lead.post(APPOINT, facts(town, role="city", school="")).status_code == 422
    assert lead.post(APPOINT, facts(town, school=other.pk)).status_code == 422
    post = StaffPost(municipality=town.city, school=other, role=Role.NURSE, name="だれか")
    with pytest.raises(CannotAct):
        appointments.propose_appointment(
            post, "x@school.example", by=town.principal.user, reason=WHY
        )


def test_a_post_of_the_city_needs_a_second_person_from_outside_the_school(town):
    post = StaffPost(municipality=town.city, role=Role.CITY, name="あとの人")
    act = appointments.propose_appointment(post, "n@city.example", by=town.officer.user, reason=WHY)
    with pytest.raises(CannotAct):
        pending_acts.confirm(act, by=town.principal.user)
    assert pending_acts.confirm(act, by=town.privacy.user)


def test_whom_it_is_about_confirms_nothing(town):
    act = appointments.propose_change(
        StaffPost.objects.get(pk=town.principal.pk), {"ends_on": "2027-03-31"},
        by=town.officer.user, reason=WHY,
    )  # fmt: skip
    with pytest.raises(CannotAct, match="自分の担当"):
        pending_acts.confirm(act, by=town.principal.user)


def test_a_change_waits_and_is_void_where_the_post_changed_meanwhile(town):
    for was in ("counsellor", "nurse"):
        act = appointments.propose_change(
            town.nurse, {"role": "social_worker"}, by=town.principal.user, reason=WHY
        )
        pending_acts.confirm(act, by=town.officer.user)
        if was == "counsellor":  # somebody else changed it while it waited
            StaffPost.objects.filter(pk=town.nurse.pk).update(role=was)
        appointments.apply_post_acts()
        post = StaffPost.objects.get(pk=town.nurse.pk)
        assert post.role == ("counsellor" if was == "counsellor" else "social_worker")
        StaffPost.objects.filter(pk=town.nurse.pk).update(role="nurse")


# -- the own post, other municipalities --------------------------------------------------------------


@pytest.mark.parametrize("name", ["edit", "end", "restore"])
def test_nobody_changes_ends_or_restores_their_own_post(town, sign_in, name):
    url = reverse(f"admin:people_staffpost_{name}", args=[town.principal.pk])
    assert sign_in(town.principal.user).post(url, {"role": "counsellor"}).status_code == 404
    for verb in (
        lambda post, by: appointments.end_post(post, by=by, reason=WHY),
        lambda post, by: appointments.propose_change(post, {"role": "nurse"}, by=by, reason=WHY),
    ):
        with pytest.raises(CannotAct):
            verb(town.principal, town.principal.user)


@pytest.mark.parametrize("name", ["edit", "end", "restore"])
@pytest.mark.parametrize("who", ["away_officer", "nurse", "helpdesk"])
def test_another_municipality_and_other_roles_reach_no_post_by_its_address(
    town, sign_in, who, name
):
    town.away_officer = factories.staff_post(Role.CITY, of=town.away, name="となりの市の担当")
    url = reverse(f"admin:people_staffpost_{name}", args=[town.counsellor.pk])
    answer = sign_in(getattr(town, who).user).post(url, {"role": "nurse"})
    assert answer.status_code in (403, 404)
    assert not PendingAct.objects.exists()


def test_another_municipality_neither_sees_nor_ends_an_invitation(town, sign_in):
    row, _ = invited(town)
    away = sign_in(factories.staff_post(Role.CITY, of=town.away, name="となりの市").user)
    for name in ("resend", "revoke"):
        answer = away.post(reverse(f"admin:staffing_{name}", args=[row.pk]))
        assert answer.status_code == 404
    assert (
        row.name
        not in away.get(reverse("admin:staffing_staffinvitation_changelist")).content.decode()
    )
    row.refresh_from_db()
    assert row.revoked_at is None


# -- ending --------------------------------------------------------------------------------------------


def test_ending_a_post_ends_what_is_open_with_the_next_request(town, sign_in):
    nurse = sign_in(town.nurse.user)
    assert nurse.get(reverse("admin:index")).status_code == 200
    appointments.end_post(town.nurse, by=town.principal.user, reason=WHY)
    assert nurse.get(reverse("admin:index")).status_code in (302, 403)
    assert nurse.get("/sessions/").status_code == 302  # which any signed-in account may open


@pytest.mark.parametrize("role", ["officer", "privacy"])
def test_the_last_one_of_the_city_is_not_ended(town, role):
    other = town.privacy if role == "officer" else town.officer
    with pytest.raises(CannotAct, match="ただ一人"):
        appointments.end_post(getattr(town, role), by=other.user, reason=WHY)


def test_a_duty_goes_to_the_named_successor(town, sign_in):
    duty = factories.duty_roster(town)
    extra = factories.staff_post(Role.COUNSELLOR, town.school, name="あとの人")
    held = {name: getattr(duty, f"{name}_id") for name in ("first", "second", "last")}
    place = next(name for name, pk in held.items() if pk == town.nurse.user_id)
    lead = sign_in(town.officer.user)
    url = reverse("admin:people_staffpost_end", args=[town.nurse.pk])
    answer = lead.post(url, {"successor": str(extra.user_id)})
    assert "あとの人" in lead.get(answer.url).content.decode()
    assert propose(lead, answer, WHY).status_code == 302
    assert getattr(DutyRoster.objects.get(), f"{place}_id") == extra.user_id


def test_a_duty_without_a_successor_stands_on_the_citys_first_page(town, sign_in):
    factories.duty_roster(town)
    appointments.end_post(town.nurse, by=town.principal.user, reason=WHY)
    page = sign_in(town.officer.user).get(reverse("admin:index")).content.decode()
    assert "担当だった人が、もういません" in page


def test_a_roster_does_not_bring_back_whom_people_ended(town):
    StaffPost.objects.filter(pk=town.homeroom.pk).update(source_id="t1")
    appointments.end_post(town.homeroom, by=town.principal.user, reason=WHY)
    post = StaffPost.objects.get(pk=town.homeroom.pk)
    assert post.source_id == ""
    act = the_act()
    pending_acts.stop(act, by=town.officer.user)
    appointments.apply_post_acts()
    post.refresh_from_db()
    assert (post.source_id, post.ended_at, post.ends_on) == ("t1", None, None)


def test_one_person_ends_three_posts_a_day_and_locks_three_before_a_second_looks(town):
    lead = town.principal.user
    extra = [factories.staff_post(Role.TEACHER, town.school, name=f"先生{n}") for n in range(8)]
    acts = [appointments.end_post(post, by=lead, reason=WHY) for post in extra[:3]]
    with pytest.raises(CannotAct, match="まだだれも確かめていません"):
        appointments.end_post(extra[3], by=lead, reason=WHY)
    extra[3].refresh_from_db()
    assert extra[3].ended_at is None
    pending_acts.confirm(acts[0], by=town.officer.user)
    appointments.end_post(extra[3], by=lead, reason=WHY)
    for post in extra[4:7]:
        account_locks.lock_account(post.user, by=lead, reason=WHY)
    with pytest.raises(CannotAct, match="まだだれも確かめていません"):
        account_locks.lock_account(extra[7].user, by=lead, reason=WHY)
    assert User.objects.get(pk=extra[7].user_id).is_active


def test_nobody_stops_the_end_of_their_own_post_from_another_of_theirs(town):
    other = factories.staff_post(Role.CITY, of=town.city, name="市の二人め")
    StaffPost.objects.create(
        municipality=town.city, user=other.user, role=Role.PRIVACY, name="市の二人め",
        begins_on=today(),
    )  # fmt: skip
    act = appointments.end_post(other, by=town.officer.user, reason=WHY)
    with pytest.raises(CannotAct, match="自分の担当"):
        pending_acts.stop(act, by=User.objects.get(pk=other.user_id))
    pending_acts.stop(act, by=town.officer.user)


# -- who has access, who confirmed ------------------------------------------------------------------------


def test_the_list_of_who_has_access_names_posts_of_today_and_is_on_record(town, sign_in):
    gone = factories.staff_post(Role.NURSE, town.school, name="前の先生")
    StaffPost.objects.filter(pk=gone.pk).update(begins_on=None, ends_on=today() - timedelta(days=1))
    page = sign_in(town.principal.user).get(reverse("admin:staffing_access")).content.decode()
    assert "保健室の先生" in page and "校長先生" in page
    assert "前の先生" not in page and "となりの保健室の先生" not in page and "市の担当<" not in page
    assert sign_in(town.nurse.user).get(reverse("admin:staffing_access")).status_code == 403
    event = AuditEvent.objects.get(action=Action.STAFF_LISTED)
    assert (event.actor, event.actor_role) == (town.principal.user, Role.PRINCIPAL)


def test_the_privacy_officer_sees_who_confirms_whom(town, sign_in):
    invited(town)
    url = reverse("admin:staffing_confirmers")
    page = sign_in(town.privacy.user).get(url).content.decode()
    assert "校長先生(管理職)" in page and "市の担当(市の担当者)" in page
    assert sign_in(town.officer.user).get(url).status_code == 403
    away = factories.staff_post(
        Role.PRIVACY, of=Municipality.objects.get(pk=town.away.pk), name="となり"
    )
    assert "校長先生" not in sign_in(away.user).get(url).content.decode()
