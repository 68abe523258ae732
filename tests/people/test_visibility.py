"""One table: person × student, and person × verb."""

import pytest
from django.urls import reverse

from apps.consent.seed_documents import SEED_DOCUMENTS
from apps.people.models import ReadingRight, Role
from apps.people.permission_tables import (
    CARING_ROLES,
    EXTRA_ROLES_BY_PURPOSE,
    ROLES_BY_PURPOSE,
    ROLES_BY_VERB,
)
from apps.people.permissions import cares_for, may, may_open, visible_students
from tests import factories


@pytest.fixture
def cast(cast):
    """The cast and the roles that only these tables need."""
    cast.social_worker = factories.staff_post(Role.SOCIAL_WORKER, cast.school, name="SSW")
    cast.year_head = factories.staff_post(Role.YEAR_HEAD, cast.school, grade="J1", name="学年主任")
    cast.privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="保護の担当")
    cast.family_centre = factories.staff_post(Role.FAMILY_CENTRE, of=cast.city, name="センター")
    cast.away_social_worker = factories.staff_post(Role.SOCIAL_WORKER, cast.away_school, name="SSW")
    return cast


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
    "social_worker": {"sakura", "ren"},
    "away_social_worker": set(),
    "office": {"sakura", "ren"},
    "year_head": {"sakura"},
    "family_centre": set(),
    "privacy": set(),
}


@pytest.mark.parametrize(("who", "seen"), SEES.items())
def test_each_person_sees_exactly_these_students(cast, who, seen):
    names = {cast.sakura.pk: "sakura", cast.ren.pk: "ren"}
    found = visible_students(getattr(cast, who).user)
    assert {names[student.pk] for student in found} == seen


OPENS = {"homeroom": True, "nurse": True, "principal": True, "officer": False, "helpdesk": False,
         "away_nurse": False, "midori": False, "office": False, "family_centre": False,
         "social_worker": False, "year_head": False}  # fmt: skip


@pytest.mark.parametrize(("who", "allowed"), OPENS.items())
def test_only_those_who_care_for_a_student_open_what_is_sealed(cast, who, allowed):
    assert may_open(getattr(cast, who).user, cast.sakura, "attendance") is allowed


def test_a_teacher_of_another_class_opens_nothing(cast):
    assert not may_open(cast.homeroom.user, cast.ren, "attendance")


def test_a_superuser_without_a_post_may_nothing(cast):
    user = cast.midori.user
    user.is_staff = user.is_superuser = True
    user.save()
    assert not any(may(user, verb) for verb in ROLES_BY_VERB)
    assert not visible_students(user).exists()


@pytest.mark.parametrize("who", ["social_worker", "year_head"])
def test_a_role_that_the_first_words_do_not_name_opens_where_the_own_words_name_it(cast, who):
    user = getattr(cast, who).user
    ReadingRight.objects.create(
        municipality=cast.city, purpose="attendance", roles=["homeroom", getattr(cast, who).role]
    )
    assert may_open(user, cast.sakura, "attendance")
    assert may_open(user, cast.ren, "attendance") is (who == "social_worker")
    assert not may_open(cast.nurse.user, cast.sakura, "attendance")


def test_no_words_can_name_the_office_or_the_family_centre_for_any_purpose(cast):
    for purpose in SEED_DOCUMENTS:
        ReadingRight.objects.create(municipality=cast.city, purpose=purpose, roles=Role.values)
        for who in (cast.office, cast.family_centre, cast.officer, cast.helpdesk):
            assert not may_open(who.user, cast.sakura, purpose)


def test_what_words_may_name_besides_is_asked_about_in_some_words():
    assert set(EXTRA_ROLES_BY_PURPOSE) <= set(SEED_DOCUMENTS)
    assert not any(roles & ROLES_BY_PURPOSE[one] for one, roles in EXTRA_ROLES_BY_PURPOSE.items())


# role × verb, for those whose work is lists or one grade or counts: everything they may do
LISTS = {
    Role.OFFICE: {
        "roster.view", "letters.print", "guardians.list", "guardians.missing", "guardians.access", "guardians.caller",
        "registrations.confirm",
        "notices.view",
        "calendar.view",
    },
    Role.YEAR_HEAD: {"roster.view", "guardians.missing", "notices.view", "calendar.view"},
    Role.FAMILY_CENTRE: {  # and what is sent to them by name, on a route past the school
        "notices.view", "calendar.view", "reports.view", "help.answer", "family.answer",
    },
}  # fmt: skip


@pytest.mark.parametrize(("role", "verbs"), LISTS.items())
def test_who_has_lists_has_nothing_else(role, verbs):
    assert {verb for verb, roles in ROLES_BY_VERB.items() if role in roles} == verbs


def test_a_social_worker_may_what_a_counsellor_may_but_vouch_for_nobody_and_approve_nothing():
    may_do = {r: {v for v, roles in ROLES_BY_VERB.items() if r in roles} for r in Role}
    less = may_do[Role.COUNSELLOR] - may_do[Role.SOCIAL_WORKER]
    assert less == {
        "pins.confirm", "access_log.decide", "questions.check", "duty.approve", "duty.drill",
        "self_help.approve", "family.answer",
    }  # fmt: skip
    assert not may_do[Role.SOCIAL_WORKER] - may_do[Role.COUNSELLOR]


def test_a_homeroom_teacher_vouches_and_another_confirms_and_prints():
    assert ROLES_BY_VERB["registrations.vouch"] == {Role.HOMEROOM}
    assert (
        Role.HOMEROOM not in ROLES_BY_VERB["registrations.confirm"] | ROLES_BY_VERB["letters.print"]
    )
    assert (
        Role.HELPDESK not in ROLES_BY_VERB["letters.print"] | ROLES_BY_VERB["registrations.confirm"]
    )


def test_lists_are_no_care(cast):
    assert not cares_for(cast.office.user, cast.sakura)
    assert not cares_for(cast.year_head.user, cast.sakura)
    assert cares_for(cast.social_worker.user, cast.sakura)
    assert Role.OFFICE not in CARING_ROLES


POSTS_BY_CHANGELIST = {
    "people_student": {
        "homeroom", "nurse", "counsellor", "principal", "officer", "helpdesk", "social_worker",
        "office", "year_head",
    },
    "people_staffpost": {
        "homeroom", "nurse", "counsellor", "principal", "officer", "helpdesk", "social_worker",
        "office", "year_head", "privacy",
    },
    "staffing_staffinvitation": {"principal", "officer", "privacy"},
    "roster_rosterimport": {"principal", "officer"},
    "registration_printedsheet": {"homeroom", "principal", "office", "officer", "helpdesk"},
    "registration_guardianregistration": {
        "nurse", "counsellor", "principal", "officer", "social_worker", "office",
    },
    "push_broadcast": {"officer", "helpdesk"},
    "helpdesk_supportquestion": {"officer", "helpdesk"},
    "helpline_helprequest": {  # of the city those whom a route may name
        "homeroom", "nurse", "counsellor", "principal", "social_worker", "officer", "family_centre",
    },
}  # fmt: skip
STAFF = [
    "homeroom", "nurse", "counsellor", "principal", "officer", "helpdesk", "social_worker",
    "office", "year_head", "family_centre", "privacy",
]  # fmt: skip


@pytest.mark.parametrize("changelist", POSTS_BY_CHANGELIST)
@pytest.mark.parametrize("who", STAFF)
def test_each_admin_page_opens_to_exactly_these_posts(cast, sign_in, changelist, who):
    answer = sign_in(getattr(cast, who).user).get(reverse(f"admin:{changelist}_changelist"))
    assert answer.status_code == (200 if who in POSTS_BY_CHANGELIST[changelist] else 403)


def test_a_student_elsewhere_is_not_found_in_the_admin(cast, sign_in):
    url = reverse("admin:people_student_change", args=[cast.ren.pk])
    answer = sign_in(cast.homeroom.user).get(url)
    assert answer.status_code in (302, 404)
    assert cast.ren.given_name not in answer.content.decode()
