"""A verb counts only within the post that includes it, never at the place of another post."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.clock import today
from apps.helpline.services import duty_rosters
from apps.people.models import Role, SchoolBreak, SchoolClass, StaffPost, Student, User
from apps.people.permission_tables import ROLES_BY_VERB
from apps.people.permissions import (
    cities_where,
    classes_where,
    may,
    municipalities_where,
    role_of,
    rows_where,
    schools_where,
    students_where,
)
from apps.people.services.emergencies import CannotOpenInEmergency, begin_emergency
from tests import factories

AT_CITY = {Role.CITY, Role.HELPDESK, Role.PRIVACY, Role.FAMILY_CENTRE}
SCHOOL_WIDE = {
    Role.NURSE, Role.COUNSELLOR, Role.SOCIAL_WORKER, Role.PRINCIPAL, Role.OFFICE,
}  # fmt: skip


@pytest.fixture
def land(db):
    """Two municipalities with two schools with two classes with one student each."""
    reached = SimpleNamespace(cities=[], schools=[], classes=[], students=[])
    for code in ("172065", "132012"):
        city = factories.municipality(code, f"市{code}")
        reached.cities.append(city)
        for n in (1, 2):
            school = factories.school(city, f"C1{code}0000{n}", f"学校{code}{n}")
            reached.schools.append(school)
            for title, grade in (("1年1組", "J1"), ("2年1組", "J2")):
                of_class = factories.school_class(school, title, grade)
                reached.classes.append(of_class)
                reached.students.append(factories.student(of_class, with_user=False))
    reached.user = factories.user(is_staff=True)
    return reached


POSTS = st.lists(
    st.tuples(
        st.sampled_from(list(Role)),
        st.integers(0, 3),  # which school; its municipality for those of the city
        st.integers(0, 1),  # which class of it
        st.sampled_from(["held", "held", "held", "ended", "to come", "switched off"]),
    ),
    max_size=4,
)


def _hold(land, drawn):
    """Give the person these posts; the user anew, and [StaffPost] that count today."""
    StaffPost.objects.filter(user=land.user).delete()
    held = []
    for role, n_school, n_class, when in drawn:
        school = land.schools[n_school]
        post = StaffPost.objects.create(
            municipality=school.municipality,
            school=None if role in AT_CITY else school,
            school_class=land.classes[2 * n_school + n_class] if role == Role.HOMEROOM else None,
            grade=f"J{n_class + 1}" if role == Role.YEAR_HEAD else "",
            user=land.user, role=role, name="だれか",
            begins_on=today() + timedelta(days=1) if when == "to come" else None,
            ends_on=today() - timedelta(days=1) if when == "ended" else None,
            is_enabled=when != "switched off",
        )  # fmt: skip
        if when == "held":
            held.append(post)
    return User.objects.get(pk=land.user.pk), held


def _is_at(post, school):
    if post.school_id is None:
        return post.municipality_id == school.municipality_id
    return post.school_id == school.pk


def _has(post, student):
    if post.role in SCHOOL_WIDE:
        return post.school_id == student.school_id
    if post.role == Role.HOMEROOM:
        return post.school_class_id == student.home_class_id
    if post.role == Role.YEAR_HEAD:
        return (post.school_id, post.grade) == (student.school_id, student.grade)
    return post.role in AT_CITY and post.municipality_id == student.municipality_id


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(drawn=POSTS)
def test_every_verb_counts_exactly_where_one_single_post_includes_it(land, drawn):
    user, held = _hold(land, drawn)
    for verb, roles in ROLES_BY_VERB.items():
        posts = [post for post in held if post.role in roles]
        schools = {s for s in land.schools if any(_is_at(post, s) for post in posts)}
        assert set(schools_where(user, verb)) == schools, verb
        assert {s for s in land.schools if may(user, verb, s)} == schools, verb
        cities = {c for c in land.cities if any(p.municipality_id == c.pk for p in posts)}
        assert municipalities_where(user, verb) == {city.pk for city in cities}, verb
        assert {c for c in land.cities if may(user, verb, c)} == cities, verb
        whole = {post.municipality_id for post in posts if post.school_id is None}
        assert cities_where(user, verb) == whole, verb
        students = {s for s in land.students if any(_has(post, s) for post in posts)}
        assert set(Student.objects.filter(students_where(user, verb))) == students, verb
        assert {s for s in land.students if may(user, verb, s)} == students, verb
        classes = {student.home_class for student in students}
        assert set(classes_where(user, verb)) == classes, verb
        assert may(user, verb) is bool(posts), verb


@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(drawn=POSTS)
def test_a_row_of_a_school_or_of_all_of_them_follows_the_same_rule(land, drawn):
    user, held = _hold(land, drawn)
    rows = [SchoolBreak(school=s, municipality=s.municipality) for s in land.schools]
    rows += [StaffPost(municipality=city, school=None) for city in land.cities]
    classes = SchoolClass.objects.filter(rows_where(user, "roster.view"))
    for verb, roles in ROLES_BY_VERB.items():
        posts = [post for post in held if post.role in roles]
        for row in rows:
            whole = [post for post in posts if post.school_id is None]
            reached = (
                any(_is_at(post, row.school) for post in posts)
                if row.school_id
                else any(post.municipality_id == row.municipality_id for post in whole)
            )
            assert may(user, verb, row) is reached, (verb, row.school)
    seen = set(schools_where(user, "roster.view"))
    assert {of_class.school for of_class in classes} == seen


def test_the_record_names_the_post_by_which_somebody_acted(land):
    user, _ = _hold(land, [(Role.PRINCIPAL, 0, 0, "held"), (Role.TEACHER, 1, 0, "held")])
    assert role_of(user, land.schools[0], "duty.edit") == Role.PRINCIPAL
    assert role_of(user, land.schools[1]) == Role.TEACHER


# -- what was tried: the principal of one school is a plain teacher at another --------------------


@pytest.fixture
def both(cast):
    """A principal elsewhere in the city and a teacher here, with the duty of this school."""
    other = factories.school(cast.city, "C117220600025", "ほかの中学校(架空)")
    user = factories.staff_post(Role.PRINCIPAL, other, name="ふたつの担当").user
    StaffPost.objects.create(
        municipality=cast.city,
        school=cast.school,
        user=user,
        role=Role.TEACHER,
        name="ふたつの担当",
    )
    return SimpleNamespace(user=user, other=other, duty=factories.duty_roster(cast))


def test_a_principal_elsewhere_neither_stops_nor_edits_nor_approves_a_duty_here(both, sign_in):
    desk = sign_in(both.user)
    for name in ("helpline_switch", "helpline_approve", "helpline_drill_start"):
        assert desk.post(reverse(f"admin:{name}", args=[both.duty.pk])).status_code == 404
    edit = desk.get(reverse("admin:helpline_dutyroster_change", args=[both.duty.pk]))
    assert edit.status_code == 302  # as for a row that there is not
    assert duty_rosters.active_roster(both.duty.school) is not None


def test_a_break_of_a_school_is_set_by_its_own_principal_alone(both, cast, sign_in):
    facts = {"title": "休み", "begins_on": "2026-12-24", "ends_on": "2026-12-24"}
    add = reverse("admin:people_schoolbreak_add")
    page = sign_in(both.user).get(add)
    schools = page.context["adminform"].form.fields["school"].queryset
    assert list(schools) == [both.other]
    answer = sign_in(both.user).post(add, facts | {"school": cast.school.pk})
    assert answer.status_code in (200, 422)
    assert not SchoolBreak.objects.filter(school=cast.school).exists()


def test_a_nurse_of_another_city_has_no_emergency_access_here(cast):
    StaffPost.objects.create(
        municipality=cast.city, user=cast.away_nurse.user, role=Role.HELPDESK, name="となり"
    )
    user = User.objects.get(pk=cast.away_nurse.user_id)
    with pytest.raises(CannotOpenInEmergency, match="自分の学校"):
        begin_emergency(user, cast.sakura, why="すぐに 居場所を 確かめるため")


def test_cards_are_printed_for_the_own_class_and_not_where_one_is_the_nurse(cast, sign_in):
    user = cast.homeroom.user
    StaffPost.objects.create(
        municipality=cast.city, school=cast.school, user=user, role=Role.NURSE, name="担任の先生"
    )
    desk = sign_in(user)
    own = reverse("admin:registration_cards", args=[cast.class_1.pk])
    other = reverse("admin:registration_cards", args=[cast.class_2.pk])
    assert desk.get(own).status_code == 200
    assert desk.get(other).status_code == 404


def test_a_contact_is_chosen_from_posts_that_are_held_today(both, cast, sign_in):
    gone = factories.staff_post(Role.COUNSELLOR, cast.school, name="前の先生")
    StaffPost.objects.filter(pk=gone.pk).update(begins_on=None, ends_on=today() - timedelta(days=1))
    page = sign_in(cast.principal.user).get(
        reverse("admin:helpline_dutyroster_change", args=[both.duty.pk])
    )
    people = page.context["adminform"].form.fields["first"].queryset
    assert cast.nurse.user in people
    assert gone.user not in people
