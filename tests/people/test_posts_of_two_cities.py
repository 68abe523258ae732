"""What one post gives is not done at the place of another: appointing, renewing, questions, notices.

Pages work in one chosen post at a time; the services hold the rule for all of a person's posts.
"""

import pytest
from django.urls import reverse

from apps.checkins.models import QuestionSet
from apps.checkins.services.question_drafts import CannotPublishQuestions, draft_next_version
from apps.checkins.services.question_sets import seed_questions
from apps.notices.forms import NoticeForm
from apps.notices.models import Notice, SupportOrganisation
from apps.notices.services import drafts
from apps.notices.services.publication_rules import PublicationRefused
from apps.people.models import Role, StaffPost, User
from apps.people.services import pending_acts
from apps.people.services.pending_acts import CannotAct
from apps.staffing.services import appointments, renewals
from tests import factories
from tests.people import act_scenarios

WHY = "四月から この学校に来るため"


def with_post(post, role, at=None, *, of=None):
    """The account of this post, which holds another one too."""
    StaffPost.objects.create(
        municipality=of or at.municipality, school=at, user=post.user, role=role, name=post.name
    )
    return User.objects.get(pk=post.user_id)


def propose(at, role, by):
    """A proposal that somebody gets a post of this role at a school."""
    post = StaffPost(municipality=at.municipality, school=at, role=role, name="新しい 先生")
    return appointments.propose_appointment(post, "new@school.example", by=by, reason=WHY)


def test_who_appoints_leads_elsewhere_appoints_nobody_here_as_the_privacy_officer(cast):
    """The privacy officer gives posts of the city alone, a lead those of one school."""
    privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当")
    other = factories.school(cast.city, "C117220600025", "ほかの中学校(架空)")
    for school in (cast.away_school, other):
        user = with_post(privacy, Role.PRINCIPAL, school)
        with pytest.raises(CannotAct, match=appointments.NOT_YOURS):
            propose(cast.school, Role.NURSE, user)
    assert propose(other, Role.NURSE, user).school_id == other.pk


def test_an_act_names_the_post_that_decides_and_none_of_its_role_confirms(cast):
    """Not the first post that may begin such acts: the rule of another role would be for that one."""
    privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当")
    user = with_post(privacy, Role.PRINCIPAL, cast.school)
    user.current_posts = sorted(user.current_posts, key=lambda post: post.role != Role.PRIVACY)
    acts = [
        propose(cast.school, Role.TEACHER, user),
        appointments.propose_change(cast.nurse, {"ends_on": "2027-03-31"}, by=user, reason=WHY),
        appointments.end_post(cast.counsellor, by=user, reason=WHY),
    ]
    for act in acts:
        assert (act.proposed_role, act.school_id) == (Role.PRINCIPAL, cast.school.pk)
        with pytest.raises(CannotAct, match="ちがう立場"):
            pending_acts.confirm(act, by=cast.principal.user)
        assert pending_acts.confirm(act, by=cast.officer.user).confirmed_role == Role.CITY


def test_no_change_leads_from_the_place_of_one_post_to_that_of_another(cast):
    privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当")
    user = with_post(privacy, Role.PRINCIPAL, cast.school)
    with pytest.raises(CannotAct, match=appointments.NOT_YOURS):
        appointments.propose_change(
            cast.helpdesk, {"role": "nurse", "school": str(cast.school.pk)}, by=user, reason=WHY
        )


@pytest.mark.parametrize(("chosen", "confirms"), [(Role.CITY, "privacy"), (Role.PRIVACY, "city")])
def test_on_pages_the_chosen_post_is_the_one_that_acts(cast, sign_in, chosen, confirms):
    post = factories.staff_post(Role.CITY, of=cast.city, name="二つの 担当")
    user = with_post(post, Role.PRIVACY, of=cast.city)
    desk = sign_in(user)
    choice = next(held for held in user.current_posts if held.role == chosen)
    desk.post(reverse("staffing:choose_post"), {"post": str(choice.pk)})
    answer = desk.post(
        reverse("admin:people_staffpost_appoint"),
        {"name": "新しい 先生", "mail": "new@school.example", "role": "helpdesk"},
    )
    act_scenarios.propose(desk, answer)
    act = act_scenarios.the_act()
    assert act.proposed_role == chosen
    others = {
        "privacy": factories.staff_post(Role.PRIVACY, of=cast.city, name="ほかの 担当"),
        "city": cast.officer,
    }
    with pytest.raises(CannotAct, match="ちがう立場"):
        pending_acts.confirm(act, by=others[chosen].user)
    assert pending_acts.confirm(act, by=others[confirms].user).confirmed_role == confirms


def test_a_lead_renews_the_school_whatever_else_they_do_elsewhere(cast, time_machine):
    StaffPost.objects.update(begins_on="2026-05-01")
    time_machine.move_to("2027-04-02T09:00:00+09:00", tick=False)
    alone = set(renewals.renewals_due_for(cast.principal.user))
    both = with_post(cast.principal, Role.CITY, of=cast.away)
    assert len(alone) == 4
    assert {post for post in renewals.renewals_due_for(both) if post.school_id} >= alone
    assert not {p for p in renewals.renewals_due_for(both) if p.role == Role.HELPDESK}


def test_the_questions_of_one_city_are_no_draft_of_another(cast):
    seed_questions()
    user = with_post(cast.officer, Role.CITY, of=cast.away)
    shipped = QuestionSet.objects.get(code="daily", municipality=None)
    for city in (cast.city, cast.away):
        version = draft_next_version(shipped, municipality=city, by=user)
        other = cast.away if city == cast.city else cast.city
        with pytest.raises(CannotPublishQuestions, match="この自治体の版ではありません"):
            draft_next_version(version, municipality=other, by=user)
    assert QuestionSet.objects.exclude(municipality=None).count() == 2


def test_a_notice_names_no_school_and_no_organisation_of_another_city(cast):
    user = with_post(cast.officer, Role.CITY, of=cast.away)
    theirs = SupportOrganisation.objects.create(municipality=cast.away, name="となりの窓口")
    notice = Notice.objects.create(
        municipality=cast.city, title="題", body="本文", written_by=cast.officer.user
    )
    typed = {"title": "題", "body": "本文", "publish_at": "2026-11-30T10:00"}
    form = type("OfThisPerson", (NoticeForm,), {"user": user})(
        typed | {"schools": [cast.away_school.pk]}, instance=notice
    )
    assert form.errors == {"schools": ["ほかの 自治体の 学校は 選べません。"]}
    for thing, rows in ((cast.away_school, notice.schools), (theirs, notice.organisations)):
        rows.set([thing])
        with pytest.raises(PublicationRefused, match="ほかの 自治体の"):
            drafts.submit_draft(notice, by=user)
        rows.clear()
    drafts.submit_draft(notice, by=user)
