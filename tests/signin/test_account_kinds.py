"""The kind of an account follows one rule, also for a guardian who once had a post."""

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.audit.models import PersonKind
from apps.core import clock
from apps.people.account_kind_rules import AccountKind
from apps.people.account_kinds import fetch_group, group_of_account, is_staff_account
from apps.people.models import Role, StaffPost, Student
from apps.people.permissions import students_visible_to
from apps.people.services import security_events
from apps.signin.services.access import access_of
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def returned(cast):
    """A guardian's account with an ended post in another municipality."""
    post = factories.staff_post(Role.NURSE, cast.away_school)
    StaffPost.objects.filter(pk=post.pk).update(
        user=cast.midori.user, begins_on=None, ends_on=clock.today() - timedelta(days=1)
    )
    user = type(post.user).objects.get(pk=cast.midori.user_id)
    user.is_staff = True
    user.save()
    return user


def test_a_guardian_with_a_former_post_is_a_guardian_everywhere(cast, returned, sign_in):
    assert access_of(returned).kind == AccountKind.GUARDIAN
    assert fetch_group(returned) == "guardian"
    assert security_events.person_kind_and_municipality(returned) == (
        PersonKind.GUARDIAN,
        cast.city.pk,
    )
    seen = Student.objects.filter(students_visible_to(returned))
    assert cast.sakura in seen
    browser = sign_in(returned)
    page = browser.get(reverse("signin:sessions"))
    assert "signin/sessions.html" in {template.name for template in page.templates}
    assert browser.get("/").status_code == 200


def test_staff_without_a_post_are_noted_as_staff_of_their_last_one(cast):
    StaffPost.objects.filter(pk=cast.nurse.pk).update(
        begins_on=None, ends_on=clock.today() - timedelta(days=1)
    )
    assert access_of(cast.nurse.user).kind == AccountKind.FORMER_STAFF
    assert security_events.person_kind_and_municipality(cast.nurse.user) == (
        PersonKind.STAFF,
        cast.city.pk,
    )


def test_a_superuser_who_is_a_guardian_is_an_operator_alone(cast):
    user = cast.midori.user
    user.is_staff = user.is_superuser = True
    user.save()
    assert access_of(user).kind == AccountKind.OPERATOR
    assert not Student.objects.filter(students_visible_to(user)).exists()


def test_the_kind_is_asked_once_a_request(cast, returned, sign_in, django_assert_num_queries):
    browser = sign_in(returned)
    user = browser.get("/").wsgi_request.user
    with django_assert_num_queries(0):
        assert (group_of_account(user), is_staff_account(user)) == ("guardian", False)
