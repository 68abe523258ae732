"""A teacher whom the roster names takes up the post that waits there, not a second one."""

import pytest
from django.core.management import CommandError, call_command

from apps.people.models import Role, StaffPost
from tests import factories

SCHOOL = {"municipality": "172065", "school": "C117220600017"}


@pytest.fixture
def named(cast):
    """A roster's homeroom teacher of 2年1組 and two teachers without a class, none with an account."""
    place = {"municipality": cast.city, "school": cast.school}
    make = StaffPost.objects.create
    return [
        make(**place, source_id="t1", name="架空 担任", role=Role.HOMEROOM, school_class=cast.class_2),
        make(**place, source_id="t2", name="架空 一郎", role=Role.TEACHER),
        make(**place, source_id="t3", name="架空 花子", role=Role.TEACHER),
    ]  # fmt: skip


def appoint(role, **more):
    call_command("appoint", "new@city.example", role=role, **SCHOOL, **more)
    return StaffPost.objects.filter(user__email="new@city.example")


def test_the_class_tells_whose_post_it_is(named):
    assert appoint("homeroom", class_title="2年1組").get() == named[0]


def test_a_name_tells_whose_post_it_is(named):
    assert appoint("teacher", name="架空 花子").get() == named[2]


def test_the_same_appointment_again_is_no_second_post(named):
    appoint("homeroom", class_title="2年1組")
    assert appoint("homeroom", class_title="2年1組").get() == named[0]


def test_without_class_or_name_nobodys_post_is_guessed(named):
    made = appoint("teacher").get()
    assert made not in named
    assert StaffPost.objects.filter(source_id__startswith="t", user=None).count() == 3


def test_a_post_that_has_its_teacher_is_not_taken(named):
    named[0].user = factories.user("first@city.example", is_staff=True)
    named[0].save()
    assert appoint("homeroom", class_title="2年1組").get() != named[0]


def test_two_of_one_name_are_told_and_nobody_is_chosen(named):
    named[2].name = named[1].name
    named[2].save()
    with pytest.raises(CommandError, match="2 posts"):
        appoint("teacher", name="架空 一郎")
