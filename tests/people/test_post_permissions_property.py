"""Any posts of one person, of several municipalities: a verb counts where one single post has it.

What is right is computed here, from the tables of roles and from what each role is for: students of
the school, of a class, of a grade, or of the municipality. No function under test is asked.
"""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from django.core.exceptions import EmptyResultSet
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.consent.models import Programme
from apps.core.clock import today
from apps.people.models import (
    EmergencyAccess,
    Municipality,
    Role,
    School,
    SchoolBreak,
    SchoolClass,
    StaffPost,
    Student,
    User,
)
from apps.people.permission_tables import (
    FAMILY_VERBS,
    PURPOSES_IN_EMERGENCY,
    ROLES_BY_PURPOSE,
    ROLES_BY_VERB,
    VERBS_IN_EMERGENCY,
)
from apps.people.permissions import (
    cities_where,
    classes_where,
    may,
    may_open,
    municipalities_where,
    rows_where,
    schools_where,
    students_of_posts,
    students_where,
)
from apps.registration.models import PrintedSheet

CITY_ROLES = {Role.CITY, Role.HELPDESK, Role.PRIVACY, Role.FAMILY_CENTRE}
OF_THE_SCHOOL = {
    Role.NURSE, Role.COUNSELLOR, Role.SOCIAL_WORKER, Role.PRINCIPAL, Role.OFFICE,
}  # fmt: skip


def make_land():
    """Two municipalities, two schools each, two classes of two grades each, two students each."""
    land = SimpleNamespace(cities=[], schools=[], classes=[], students=[])
    for n_city in range(2):
        city = Municipality(code=f"17206{n_city}", name=f"市{n_city}")
        land.cities.append(city)
        for n_school in range(2):
            code = f"C11720{n_city}0000{n_school}"
            school = School(municipality=city, source_id=code, code=code, name=code)
            land.schools.append(school)
            for grade in ("J1", "J2"):
                of_class = SchoolClass(
                    municipality=city, school=school, source_id=f"{code}{grade}", grade=grade,
                    school_year=today().year, title=grade,
                )  # fmt: skip
                land.classes.append(of_class)
                land.students += [
                    Student(
                        municipality=city, school=school, home_class=of_class, grade=grade,
                        source_id=f"{code}{grade}{number}", attendance_number=number,
                        family_name="加賀", given_name="さくら",
                    )
                    for number in (1, 2)
                ]  # fmt: skip
    return land


LAND = make_land()
PLACES = [*LAND.cities, *LAND.schools, *LAND.classes, *LAND.students]
ROWS = [  # what belongs to a place: (the row, the place that counts)
    *((EmergencyAccess(student=each), each) for each in LAND.students),
    *((PrintedSheet(school=each.school, school_class=each), each) for each in LAND.classes),
    *((SchoolBreak(municipality=each.municipality, school=each), each) for each in LAND.schools),
    *((Programme(municipality=each), each) for each in LAND.cities),  # has no school at all
]
OF_ALL_SCHOOLS = [(SchoolBreak(municipality=city, school=None), city) for city in LAND.cities]


@dataclass
class PostHolder:
    """The posts somebody holds today, whose parent they are, and whom they see in an emergency."""

    posts: list
    own: set = field(default_factory=set)
    emergencies: set = field(default_factory=set)

    @property
    def user(self):
        """The account as a request has it."""
        user = User(username="u", is_staff=True)
        user.current_posts = self.posts
        user.known_family = frozenset(student.pk for student in self.own)
        user.known_emergencies = frozenset(student.pk for student in self.emergencies)
        user.known_reading_rights = {}
        return user


def make_post(role, n_school, n_class, is_of_school):
    """A post of this role at the school, or in its municipality."""
    school = LAND.schools[n_school]
    at_city = role in CITY_ROLES and not is_of_school
    return StaffPost(
        municipality=school.municipality, school=None if at_city else school, role=role, name="x",
        school_class=LAND.classes[2 * n_school + n_class] if role == Role.HOMEROOM else None,
        grade=f"J{n_class + 1}" if role == Role.YEAR_HEAD else "",
    )  # fmt: skip


POSTS = st.builds(
    make_post,
    st.sampled_from(list(Role)),
    st.integers(0, 3),
    st.integers(0, 1),
    st.sampled_from([False, False, False, True]),  # a role of the city at one school: rare
)


@st.composite
def people(draw):
    """Somebody with up to five posts."""
    own = draw(st.sets(st.integers(0, 7), max_size=2))
    seen = draw(st.sets(st.integers(8, 15), max_size=1))  # nobody begins one about their own
    return PostHolder(
        draw(st.lists(POSTS, max_size=5)),
        {LAND.students[n] for n in own}, {LAND.students[n] for n in seen},
    )  # fmt: skip


# -- what is right --------------------------------------------------------------------------------


def is_at(post, school):
    if post.school is None:
        return post.municipality is school.municipality
    return post.school is school


def has_student(post, student):
    if post.role in CITY_ROLES:
        return is_at(post, student.school)
    if post.role in OF_THE_SCHOOL:
        return post.school is student.school
    if post.role == Role.HOMEROOM:
        return post.school_class is student.home_class
    is_head = post.role == Role.YEAR_HEAD
    return is_head and post.school is student.school and post.grade == student.grade


def has_place(post, place):
    """Whether one post is for this place."""
    if isinstance(place, Student):
        return has_student(post, place)
    if isinstance(place, Municipality):
        return post.municipality is place
    if isinstance(place, School):
        return is_at(post, place)
    if post.role == Role.HOMEROOM:
        return post.school_class is place
    return is_at(post, place.school) and (post.role != Role.YEAR_HEAD or post.grade == place.grade)


def is_right(person, verb, place):
    """Whether one single post has both the verb and the place, or an emergency access has."""
    if any(post.role in ROLES_BY_VERB[verb] and has_place(post, place) for post in person.posts):
        return True
    in_emergency = bool(person.posts) and place in person.emergencies
    return verb in VERBS_IN_EMERGENCY and in_emergency


def right_students(person, verb, *, with_emergency=True):
    """The students for whom the verb counts: never one's own child where it is about a family."""
    found = set()
    for student in LAND.students:
        posts = [p for p in person.posts if p.role in ROLES_BY_VERB[verb]]
        is_own = verb in FAMILY_VERBS and student in person.own
        if any(has_student(post, student) for post in posts) and not is_own:
            found.add(student)
    if with_emergency and verb in VERBS_IN_EMERGENCY and person.posts:
        found |= person.emergencies
    return found


# -- may, without a database ----------------------------------------------------------------------


@settings(max_examples=60, derandomize=True)
@given(person=people())
def test_a_verb_is_held_exactly_where_one_post_has_it_and_the_place(person):
    user = person.user
    for verb, roles in ROLES_BY_VERB.items():
        for place in PLACES:
            assert may(user, verb, place) is is_right(person, verb, place), (verb, place)
        for row, place in ROWS:
            assert may(user, verb, row) is is_right(person, verb, place), (verb, row, place)
        whole = [post for post in person.posts if post.role in roles and post.school is None]
        for row, city in OF_ALL_SCHOOLS:  # no post of one school decides for all
            assert may(user, verb, row) is any(p.municipality is city for p in whole), verb
        held = any(post.role in roles for post in person.posts)
        running = verb in VERBS_IN_EMERGENCY and bool(person.posts and person.emergencies)
        assert may(user, verb) is (held or running), verb
        there = {post.municipality_id for post in person.posts if post.role in roles}
        assert municipalities_where(user, verb) == there, verb
        assert cities_where(user, verb) == {post.municipality_id for post in whole}, verb


@settings(max_examples=60, derandomize=True)
@given(person=people())
def test_two_posts_open_what_one_of_them_opens(person):
    """Sealed data: the role that a purpose names must itself be for the student."""
    user = person.user
    for purpose, roles in ROLES_BY_PURPOSE.items():
        for student in LAND.students:
            right = any(p.role in roles and has_student(p, student) for p in person.posts)
            in_emergency = purpose in PURPOSES_IN_EMERGENCY and student in person.emergencies
            right = student not in person.own and (right or bool(person.posts) and in_emergency)
            assert may_open(user, student, purpose) is right, (purpose, student)


@settings(max_examples=20, derandomize=True)
@given(person=people())
def test_an_account_that_is_switched_off_holds_no_verb(person):
    user = person.user
    user.is_active = False
    for verb in ROLES_BY_VERB:
        assert not any(may(user, verb, place) for place in [None, *PLACES]), verb
        assert not municipalities_where(user, verb) | cities_where(user, verb)


# -- the rows that exist for a person -------------------------------------------------------------


@pytest.fixture
def rows_of(db):
    """``rows_of(a Q or a queryset, model)``: what the database finds; the same question asked once."""
    for each in PLACES:
        type(each).objects.bulk_create([each])
    known = {}

    def ask(asked, model):
        found = model.objects.filter(asked) if isinstance(asked, Q) else asked
        try:
            key = model, repr(asked) if isinstance(asked, Q) else str(found.query)
        except EmptyResultSet:
            return set()
        if key not in known:
            known[key] = set(found)
        return known[key]

    return ask


@settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(person=people())
def test_the_rows_of_a_verb_are_those_of_the_posts_that_have_it(rows_of, person):
    user = person.user
    for verb, roles in ROLES_BY_VERB.items():
        posts = [post for post in person.posts if post.role in roles]
        students = right_students(person, verb)
        assert rows_of(students_where(user, verb), Student) == students, verb
        plain = right_students(person, verb, with_emergency=False)
        assert rows_of(students_of_posts(user, verb), Student) == plain, verb
        schools = {each for each in LAND.schools if any(is_at(post, each) for post in posts)}
        assert rows_of(schools_where(user, verb), School) == schools, verb
        of_schools = {each for each in LAND.classes if each.school in schools}
        assert rows_of(rows_where(user, verb), SchoolClass) == of_schools, verb
        through = rows_where(user, verb, "home_class__")
        assert {s.home_class for s in rows_of(through, Student)} == of_schools, verb
        of_students = {student.home_class for student in students}
        assert rows_of(classes_where(user, verb), SchoolClass) == of_students, verb
