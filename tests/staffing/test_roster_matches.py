"""Roster posts and invited people are matched by the school, never by an address."""

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.core.clock import today
from apps.people.models import Role, StaffPost
from apps.staffing.services import roster_matches
from tests import factories

URL = reverse("admin:staffing_roster_matches")


@pytest.fixture
def named(cast):
    """A teacher and a homeroom teacher in the roster, without an account."""
    cast.teacher = StaffPost.objects.create(
        municipality=cast.city, school=cast.school, source_id="t7", name="山田 花",
        role=Role.TEACHER,
    )  # fmt: skip
    cast.of_class_2 = StaffPost.objects.create(
        municipality=cast.city, school=cast.school, school_class=cast.class_2, source_id="t8",
        name="川本 空", role=Role.HOMEROOM,
    )  # fmt: skip
    cast.invited = factories.staff_post(Role.TEACHER, cast.school, name="山田　花")
    cast.invited_homeroom = factories.staff_post(
        Role.HOMEROOM, cast.school, in_class=cast.class_2, name="川本 空"
    )
    return cast


def tick(named, invited):
    return {"match": f"{named.pk}.{invited.pk}"}


def test_the_school_says_who_is_who(named, sign_in):
    lead = sign_in(named.principal.user)
    assert "山田 花" in lead.get(URL).content.decode()
    lead.post(URL, tick(named.teacher, named.invited))
    named.teacher.refresh_from_db()
    assert named.teacher.user == named.invited.user
    assert not StaffPost.objects.current().filter(pk=named.invited.pk).exists()
    assert "山田 花" not in lead.get(URL).content.decode()


def test_a_tick_makes_nobody_a_homeroom_teacher_who_was_not_invited_as_one(named, sign_in):
    lead = sign_in(named.principal.user)
    lead.post(URL, tick(named.of_class_2, named.invited))
    named.of_class_2.refresh_from_db()
    assert named.of_class_2.user is None
    lead.post(URL, tick(named.of_class_2, named.invited_homeroom))
    named.of_class_2.refresh_from_db()
    assert named.of_class_2.user == named.invited_homeroom.user


def test_nobody_ticks_themselves(named):
    with pytest.raises(roster_matches.CannotMatch):
        roster_matches.match_post(named.teacher.pk, named.principal.pk, by=named.principal.user)


@pytest.mark.parametrize("who", ["nurse", "helpdesk", "office"])
def test_other_roles_say_nothing(named, sign_in, who):
    answer = sign_in(getattr(named, who).user).post(URL, tick(named.teacher, named.invited))
    assert answer.status_code == 403


@pytest.mark.parametrize("said", ["", "x.y", "1.2.3"])
def test_a_tick_of_nothing_is_a_sentence(named, sign_in, said):
    assert sign_in(named.principal.user).post(URL, {"match": said}).status_code == 302


def test_another_school_is_not_reached(named, sign_in):
    away = factories.staff_post(Role.PRINCIPAL, named.away_school, name="となりの校長")
    sign_in(away.user).post(URL, tick(named.teacher, named.invited))
    named.teacher.refresh_from_db()
    assert named.teacher.user is None


def test_a_tick_gives_no_other_grade_than_the_invitation(named):
    head = factories.staff_post(Role.YEAR_HEAD, named.school, grade="J1", name="主任")
    of_third, of_first = (
        StaffPost.objects.create(
            municipality=named.city, school=named.school, role=Role.YEAR_HEAD, grade=grade,
            source_id=grade, name="主任",
        )
        for grade in ("J3", "J1")
    )  # fmt: skip
    with pytest.raises(roster_matches.CannotMatch):
        roster_matches.match_post(of_third.pk, head.pk, by=named.principal.user)
    assert (
        roster_matches.match_post(of_first.pk, head.pk, by=named.principal.user).user == head.user
    )


@pytest.mark.parametrize("who", [("teacher", "invited"), ("of_class_2", "invited_homeroom")])
def test_a_tick_gives_nothing_beyond_the_invitations_last_day(named, who):
    post, invited = (getattr(named, name) for name in who)
    StaffPost.objects.filter(pk=invited.pk).update(ends_on=today() + timedelta(days=3))
    with pytest.raises(roster_matches.CannotMatch):
        roster_matches.match_post(post.pk, invited.pk, by=named.principal.user)
    StaffPost.objects.filter(pk=post.pk).update(ends_on=today() + timedelta(days=3))
    assert (
        roster_matches.match_post(post.pk, invited.pk, by=named.principal.user).user == invited.user
    )
