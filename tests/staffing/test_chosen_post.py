"""Staff with two posts work in one at a time, see which, and switch."""

import pytest
from django.urls import reverse

from apps.people.models import Role, StaffPost
from tests import factories

TODAY, CHOOSE = reverse("admin:index"), reverse("staffing:choose_post")
ROSTERS = reverse("admin:roster_rosterimport_changelist")


@pytest.fixture
def both(cast):
    """The nurse of the school, who is also the lead of another one."""
    cast.other = factories.school(cast.city, "C117220600025", "ほかの中学校(架空)")
    cast.second = StaffPost.objects.create(
        municipality=cast.city, school=cast.other, user=cast.nurse.user, role=Role.PRINCIPAL,
        name="保健室の先生",
    )  # fmt: skip
    return cast


def test_only_the_chosen_posts_rights_count_and_the_page_says_which(both, sign_in):
    desk = sign_in(both.nurse.user)
    page = desk.get(TODAY).content.decode()
    assert "いまの担当: 養護教諭 (東和中学校(架空))" in page and CHOOSE in page
    assert desk.get(ROSTERS).status_code == 403
    desk.post(CHOOSE, {"post": str(both.second.pk)})
    assert "いまの担当: 管理職 (ほかの中学校(架空))" in desk.get(TODAY).content.decode()
    assert desk.get(ROSTERS).status_code == 200
    student = reverse("admin:people_student_change", args=[both.sakura.pk])
    assert desk.get(student).status_code in (302, 404)


def test_the_choice_is_of_this_session_alone(both, sign_in):
    one, other = sign_in(both.nurse.user), sign_in(both.nurse.user)
    one.post(CHOOSE, {"post": str(both.second.pk)})
    assert "養護教諭" in other.get(TODAY).content.decode()


def test_a_post_that_ended_meanwhile_is_on_no_more(both, sign_in):
    desk = sign_in(both.nurse.user)
    desk.post(CHOOSE, {"post": str(both.second.pk)})
    StaffPost.objects.filter(pk=both.second.pk).update(is_enabled=False)
    assert "いまの担当: 養護教諭" in desk.get(TODAY).content.decode()


def test_nobody_chooses_the_post_of_another(both, sign_in):
    desk = sign_in(both.nurse.user)
    for value in (str(both.principal.pk), "x", ""):
        assert desk.post(CHOOSE, {"post": value}).status_code == 404
    assert sign_in(both.midori.user).get(CHOOSE).status_code == 403


def test_with_one_post_there_is_nothing_to_switch(both, sign_in):
    assert CHOOSE not in sign_in(both.counsellor.user).get(TODAY).content.decode()
