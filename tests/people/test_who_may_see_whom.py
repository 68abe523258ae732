"""One table: person × student, and person × room."""

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from apps.people.models import Role, StaffPost
from apps.people.permissions import MAY, may, may_open, visible_students

SEES = {
    "sakura": {"sakura"},
    "midori": {"sakura"},
    "other_guardian": {"ren"},
    "homeroom": {"sakura"},
    "nurse": {"sakura", "ren"},
    "counsellor": {"sakura", "ren"},
    "principal": {"sakura", "ren"},
    "officer": {"sakura", "ren"},
    "helpdesk": {"sakura", "ren"},
    "away_nurse": set(),
}


@pytest.mark.parametrize(("who", "seen"), SEES.items())
def test_each_person_sees_exactly_these_students(cast, who, seen):
    names = {cast.sakura.pk: "sakura", cast.ren.pk: "ren"}
    found = visible_students(getattr(cast, who).user)
    assert {names[student.pk] for student in found} == seen


OPENS = {"homeroom": True, "nurse": True, "principal": True, "officer": False, "helpdesk": False,
         "away_nurse": False, "midori": False}  # fmt: skip


@pytest.mark.parametrize(("who", "allowed"), OPENS.items())
def test_only_those_who_care_for_a_student_open_what_is_sealed(cast, who, allowed):
    assert may_open(getattr(cast, who).user, cast.sakura, "attendance") is allowed


def test_a_teacher_of_another_class_opens_nothing(cast):
    assert not may_open(cast.homeroom.user, cast.ren, "attendance")


def test_a_superuser_without_a_post_may_nothing(cast):
    user = cast.midori.user
    user.is_staff = user.is_superuser = True
    user.save()
    assert not any(may(user, verb) for verb in MAY)
    assert not visible_students(user).exists()


ROOMS = {
    "people_student": {"homeroom", "nurse", "counsellor", "principal", "officer", "helpdesk"},
    "people_staffpost": {"homeroom", "nurse", "counsellor", "principal", "officer", "helpdesk"},
    "signin_rosterimport": {"principal", "officer"},
    "signin_printedsheet": {"homeroom", "principal", "officer", "helpdesk"},
    "push_broadcast": {"officer", "helpdesk"},
}
STAFF = ["homeroom", "nurse", "counsellor", "principal", "officer", "helpdesk"]


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("who", STAFF)
def test_each_room_opens_to_exactly_these_posts(cast, sign_in, room, who):
    answer = sign_in(getattr(cast, who).user).get(reverse(f"admin:{room}_changelist"))
    assert answer.status_code == (200 if who in ROOMS[room] else 403)


def test_a_student_elsewhere_is_not_found_in_the_admin(cast, sign_in):
    url = reverse("admin:people_student_change", args=[cast.ren.pk])
    answer = sign_in(cast.homeroom.user).get(url)
    assert answer.status_code in (302, 404)
    assert cast.ren.given_name not in answer.content.decode()


def test_appointing_gives_a_post_from_today(cast):
    call_command(
        "appoint", "new@city.example", role="nurse", municipality="172065", school=cast.school.code
    )
    post = StaffPost.objects.get(user__email="new@city.example")
    assert (post.role, post.school) == (Role.NURSE, cast.school)
    assert may(post.user, "cases.view")


@pytest.mark.parametrize(
    ("email", "options", "sentence"),
    [
        ("a@city.example", {"role": "nurse", "municipality": "000000"}, "no municipality"),
        ("a@city.example", {"role": "nurse", "municipality": "172065"}, "no school"),
        ("midori@example.com", {"role": "city", "municipality": "172065"}, "account of a guardian"),
    ],
)
def test_an_appointment_that_makes_no_sense_is_refused(cast, email, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("appoint", email, **options)
