"""Posts of staff are given, changed, ended and restored by two people; nobody does it about
themselves.
"""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse

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
from tests.browser import Browser
from tests.people.act_scenarios import propose, the_act

WHY = "四月から この学校に来るため"
APPOINT = reverse("admin:people_staffpost_appoint")
STAFF, JOIN = reverse("staffing:enter_number"), reverse("staffing:join")


@pytest.fixture
def cast(cast):
    cast.privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当")
    return cast


def facts(cast, **more):
    return {
        "name": "新しい 先生", "mail": "new@school.example", "role": "nurse",
        "school": cast.school.pk, **more,
    }  # fmt: skip


def invited(cast, *, by=None, second=None, **more):
    """The StaffInvitation that two people made, and its mailed number."""
    post = StaffPost(
        municipality=cast.city, school=cast.school, role=Role.NURSE, name="新しい 先生", **more
    )
    act = appointments.propose_appointment(
        post, "new@school.example", by=by or cast.principal.user, reason=WHY
    )
    pending_acts.confirm(act, by=second or cast.officer.user)
    appointments.apply_post_acts()
    return StaffInvitation.objects.latest("issued_at"), number_in(mail.outbox[-1])


def number_in(message):
    return re.search(r"#([0-9A-Z-]+)", message.body)[1]


# -- inviting ------------------------------------------------------------------------------------


def test_a_lead_invites_the_city_confirms_and_the_person_comes_with_both_halves(cast, sign_in):
    lead = sign_in(cast.principal.user)
    assert propose(lead, lead.post(APPOINT, facts(cast)), WHY).status_code == 302
    appointments.apply_post_acts()
    assert not mail.outbox  # nothing leaves before the second person
    pending_acts.confirm(the_act(), by=cast.officer.user)
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
    assert (post.role, post.school, post.begins_on) == (Role.NURSE, cast.school, today())
    assert StaffInvitation.objects.get().voice_code == ""


def test_the_mail_alone_lets_nobody_in_and_five_wrong_codes_end_it(cast):
    row, number = invited(cast)
    for _ in range(5):
        with pytest.raises(CannotJoin):
            invitations.accept_invitation(number, "22222222")
    with pytest.raises(CannotJoin):
        invitations.accept_invitation(number, row.voice_code)
    assert not User.objects.filter(email="new@school.example").exists()
    assert not StaffPost.objects.filter(name="新しい 先生").exists()


def test_an_invitation_works_once_and_not_after_a_week(cast, time_machine):
    row, number = invited(cast)
    invitations.accept_invitation(number, row.voice_code)
    with pytest.raises(CannotJoin):
        invitations.accept_invitation(number, row.voice_code)
    again, number = invited(cast)
    time_machine.move_to(again.expires_at + timedelta(seconds=1), tick=False)
    with pytest.raises(CannotJoin):
        invitations.accept_invitation(number, again.voice_code)
    assert StaffPost.objects.filter(user__email="new@school.example").count() == 1


def test_only_who_invited_reads_the_code(cast, sign_in):
    row, _ = invited(cast)
    for person in (cast.officer.user, cast.privacy.user, cast.nurse.user):
        page = sign_in(person).get(reverse("admin:staffing_staffinvitation_change", args=[row.pk]))
        assert row.voice_code not in page.content.decode()


def test_who_is_signed_in_as_somebody_else_does_not_take_an_invitation(cast, sign_in):
    row, number = invited(cast)
    lead = sign_in(cast.principal.user)
    lead.post(STAFF, {"code": number})
    answer = lead.post(JOIN, {"code": row.voice_code})
    assert answer.status_code == 422
    assert "ほかの人としてサインイン" in answer.content.decode()
    assert not StaffPost.objects.filter(name="新しい 先生").exists()


def test_a_new_invitation_ends_the_old_number_and_code(cast, sign_in):
    row, old = invited(cast)
    code = row.voice_code
    sign_in(cast.principal.user).post(reverse("admin:staffing_resend", args=[row.pk]))
    with pytest.raises(CannotJoin):
        invitations.accept_invitation(old, code)
    row.refresh_from_db()
    assert row.voice_code != code
    assert invitations.accept_invitation(number_in(mail.outbox[-1]), row.voice_code)


def test_a_revoked_invitation_opens_nothing(cast, sign_in):
    row, number = invited(cast)
    sign_in(cast.officer.user).post(reverse("admin:staffing_revoke", args=[row.pk]))
    with pytest.raises(CannotJoin):
        invitations.accept_invitation(number, row.voice_code)


@pytest.mark.parametrize(
    ("role", "school", "more", "words"),
    [
        ("homeroom", True, {}, "学級"), ("year_head", True, {}, "学年"),
        ("nurse", False, {}, "学校"), ("city", True, {}, "立場"),
        ("nurse", True, {"grade": "J1"}, "学年"),
        ("nurse", True, {"begins_on": "2027-04-01", "ends_on": "2027-03-01"}, "おわり"),
    ],
)  # fmt: skip
def test_a_post_that_makes_no_sense_is_refused(cast, sign_in, role, school, more, words):
    data = facts(cast, role=role, **more)
    if not school:
        data.pop("school")
    answer = sign_in(cast.officer.user).post(APPOINT, data)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_guardians_address_is_invited_like_any_and_its_owner_reads_that_it_gives_no_post(cast):
    post = StaffPost(
        municipality=cast.city, school=cast.school, role=Role.NURSE, name="新しい 先生"
    )
    act = appointments.propose_appointment(
        post, "midori@example.com", by=cast.principal.user, reason=WHY
    )
    pending_acts.confirm(act, by=cast.officer.user)
    appointments.apply_post_acts()
    invitation, number = StaffInvitation.objects.latest("issued_at"), number_in(mail.outbox[-1])
    assert mail.outbox[-1].to == ["midori@example.com"]
    with pytest.raises(CannotJoin, match="保護者または生徒のアカウント"):
        invitations.accept_invitation(number, invitation.voice_code)
    assert not StaffPost.objects.filter(user=cast.midori.user).exists()


def test_nobody_themselves_is_invited(cast, sign_in):
    address = cast.principal.user.email
    answer = sign_in(cast.principal.user).post(APPOINT, facts(cast, mail=address))
    assert answer.status_code == 422
    post = StaffPost(municipality=cast.city, school=cast.school, role=Role.NURSE, name="自分")
    with pytest.raises(CannotAct):
        appointments.propose_appointment(post, address, by=cast.principal.user, reason=WHY)


def test_a_lead_gives_no_post_of_the_city_and_none_at_another_school(cast, sign_in):
    other = factories.school(cast.city, "C117220600025", "ほかの中学校(架空)")
    lead = sign_in(cast.principal.user)
    assert lead.post(APPOINT, facts(cast, role="city", school="")).status_code == 422
    assert lead.post(APPOINT, facts(cast, school=other.pk)).status_code == 422
    post = StaffPost(municipality=cast.city, school=other, role=Role.NURSE, name="だれか")
    with pytest.raises(CannotAct):
        appointments.propose_appointment(
            post, "x@school.example", by=cast.principal.user, reason=WHY
        )


def test_a_post_of_the_city_needs_a_second_person_from_outside_the_school(cast):
    post = StaffPost(municipality=cast.city, role=Role.CITY, name="あとの人")
    act = appointments.propose_appointment(post, "n@city.example", by=cast.officer.user, reason=WHY)
    with pytest.raises(CannotAct):
        pending_acts.confirm(act, by=cast.principal.user)
    assert pending_acts.confirm(act, by=cast.privacy.user)


def test_whom_it_is_about_confirms_nothing(cast):
    act = appointments.propose_change(
        StaffPost.objects.get(pk=cast.principal.pk), {"ends_on": "2027-03-31"},
        by=cast.officer.user, reason=WHY,
    )  # fmt: skip
    with pytest.raises(CannotAct, match="自分の担当"):
        pending_acts.confirm(act, by=cast.principal.user)


def test_a_change_waits_and_is_void_where_the_post_changed_meanwhile(cast):
    for was in ("counsellor", "nurse"):
        act = appointments.propose_change(
            cast.nurse, {"role": "social_worker"}, by=cast.principal.user, reason=WHY
        )
        pending_acts.confirm(act, by=cast.officer.user)
        if was == "counsellor":  # somebody else changed it while it waited
            StaffPost.objects.filter(pk=cast.nurse.pk).update(role=was)
        appointments.apply_post_acts()
        post = StaffPost.objects.get(pk=cast.nurse.pk)
        assert post.role == ("counsellor" if was == "counsellor" else "social_worker")
        StaffPost.objects.filter(pk=cast.nurse.pk).update(role="nurse")


# -- the own post, other municipalities --------------------------------------------------------------


@pytest.mark.parametrize("name", ["edit", "end", "restore"])
def test_nobody_changes_ends_or_restores_their_own_post(cast, sign_in, name):
    url = reverse(f"admin:people_staffpost_{name}", args=[cast.principal.pk])
    assert sign_in(cast.principal.user).post(url, {"role": "counsellor"}).status_code == 404
    for verb in (
        lambda post, by: appointments.end_post(post, by=by, reason=WHY),
        lambda post, by: appointments.propose_change(post, {"role": "nurse"}, by=by, reason=WHY),
    ):
        with pytest.raises(CannotAct):
            verb(cast.principal, cast.principal.user)


@pytest.mark.parametrize("name", ["edit", "end", "restore"])
@pytest.mark.parametrize("who", ["away_officer", "nurse", "helpdesk"])
def test_another_municipality_and_other_roles_reach_no_post_by_its_address(
    cast, sign_in, who, name
):
    cast.away_officer = factories.staff_post(Role.CITY, of=cast.away, name="となりの市の担当")
    url = reverse(f"admin:people_staffpost_{name}", args=[cast.counsellor.pk])
    answer = sign_in(getattr(cast, who).user).post(url, {"role": "nurse"})
    assert answer.status_code in (403, 404)
    assert not PendingAct.objects.exists()


def test_another_municipality_neither_sees_nor_ends_an_invitation(cast, sign_in):
    row, _ = invited(cast)
    away = sign_in(factories.staff_post(Role.CITY, of=cast.away, name="となりの市").user)
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


def test_ending_a_post_ends_what_is_open_with_the_next_request(cast, sign_in):
    nurse = sign_in(cast.nurse.user)
    assert nurse.get(reverse("admin:index")).status_code == 200
    appointments.end_post(cast.nurse, by=cast.principal.user, reason=WHY)
    assert nurse.get(reverse("admin:index")).status_code in (302, 403)
    assert "_auth_user_id" not in Browser().session


@pytest.mark.parametrize("role", ["officer", "privacy"])
def test_the_last_one_of_the_city_is_not_ended(cast, role):
    other = cast.privacy if role == "officer" else cast.officer
    with pytest.raises(CannotAct, match="ただ一人"):
        appointments.end_post(getattr(cast, role), by=other.user, reason=WHY)


def test_a_duty_goes_to_the_named_successor(cast, sign_in):
    duty = factories.duty_roster(cast)
    extra = factories.staff_post(Role.COUNSELLOR, cast.school, name="あとの人")
    held = {name: getattr(duty, f"{name}_id") for name in ("first", "second", "last")}
    place = next(name for name, pk in held.items() if pk == cast.nurse.user_id)
    lead = sign_in(cast.officer.user)
    url = reverse("admin:people_staffpost_end", args=[cast.nurse.pk])
    answer = lead.post(url, {"successor": str(extra.user_id)})
    assert "あとの人" in lead.get(answer.url).content.decode()
    assert propose(lead, answer, WHY).status_code == 302
    assert getattr(DutyRoster.objects.get(), f"{place}_id") == extra.user_id


def test_a_duty_without_a_successor_stands_on_the_citys_first_page(cast, sign_in):
    factories.duty_roster(cast)
    appointments.end_post(cast.nurse, by=cast.principal.user, reason=WHY)
    page = sign_in(cast.officer.user).get(reverse("admin:index")).content.decode()
    assert "担当だった人が、もういません" in page


def test_a_roster_does_not_bring_back_whom_people_ended(cast):
    StaffPost.objects.filter(pk=cast.homeroom.pk).update(source_id="t1")
    appointments.end_post(cast.homeroom, by=cast.principal.user, reason=WHY)
    post = StaffPost.objects.get(pk=cast.homeroom.pk)
    assert post.source_id == ""
    act = the_act()
    pending_acts.stop(act, by=cast.officer.user)
    appointments.apply_post_acts()
    post.refresh_from_db()
    assert (post.source_id, post.ended_at, post.ends_on) == ("t1", None, None)


def test_one_person_ends_three_posts_a_day_and_locks_three_before_a_second_looks(cast):
    lead = cast.principal.user
    extra = [factories.staff_post(Role.TEACHER, cast.school, name=f"先生{n}") for n in range(8)]
    acts = [appointments.end_post(post, by=lead, reason=WHY) for post in extra[:3]]
    with pytest.raises(CannotAct, match="まだだれも確かめていません"):
        appointments.end_post(extra[3], by=lead, reason=WHY)
    extra[3].refresh_from_db()
    assert extra[3].ended_at is None
    pending_acts.confirm(acts[0], by=cast.officer.user)
    appointments.end_post(extra[3], by=lead, reason=WHY)
    for post in extra[4:7]:
        account_locks.lock_account(post.user, by=lead, reason=WHY)
    with pytest.raises(CannotAct, match="まだだれも確かめていません"):
        account_locks.lock_account(extra[7].user, by=lead, reason=WHY)
    assert User.objects.get(pk=extra[7].user_id).is_active


def test_nobody_stops_the_end_of_their_own_post_from_another_of_theirs(cast):
    other = factories.staff_post(Role.CITY, of=cast.city, name="市の二人め")
    StaffPost.objects.create(
        municipality=cast.city, user=other.user, role=Role.PRIVACY, name="市の二人め",
        begins_on=today(),
    )  # fmt: skip
    act = appointments.end_post(other, by=cast.officer.user, reason=WHY)
    with pytest.raises(CannotAct, match="自分の担当"):
        pending_acts.stop(act, by=User.objects.get(pk=other.user_id))
    pending_acts.stop(act, by=cast.officer.user)


# -- who has access, who confirmed ------------------------------------------------------------------------


def test_the_list_of_who_has_access_names_posts_of_today_and_is_on_record(cast, sign_in):
    gone = factories.staff_post(Role.NURSE, cast.school, name="前の先生")
    StaffPost.objects.filter(pk=gone.pk).update(begins_on=None, ends_on=today() - timedelta(days=1))
    page = sign_in(cast.principal.user).get(reverse("admin:staffing_access")).content.decode()
    assert "保健室の先生" in page and "校長先生" in page
    assert "前の先生" not in page and "となりの保健室の先生" not in page and "市の担当<" not in page
    assert sign_in(cast.nurse.user).get(reverse("admin:staffing_access")).status_code == 403


def test_the_privacy_officer_sees_who_confirms_whom(cast, sign_in):
    invited(cast)
    url = reverse("admin:staffing_confirmers")
    page = sign_in(cast.privacy.user).get(url).content.decode()
    assert "校長先生(管理職)" in page and "市の担当(市の担当者)" in page
    assert sign_in(cast.officer.user).get(url).status_code == 403
    away = factories.staff_post(
        Role.PRIVACY, of=Municipality.objects.get(pk=cast.away.pk), name="となり"
    )
    assert "校長先生" not in sign_in(away.user).get(url).content.decode()
