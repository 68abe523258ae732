"""Permissions: which role may do what, and who may see whom.

Nothing here refuses by itself: ``visible_*`` and ``*_where`` give the rows that
exist for a person (others get 404), ``may`` says whether one of their posts includes a verb
at a place. Posts never add up: the post that includes the verb must itself reach the
place.
"""

from django.db.models import Q

from apps.people.account_kinds import is_staff_account
from apps.people.models import (
    CITY_WIDE_ROLES,
    INFORMED_STANDINGS,
    EmergencyAccess,
    Guardian,
    Guardianship,
    ReadingRight,
    Role,
    School,
    SchoolClass,
    Student,
)
from apps.people.permission_tables import (
    EXTRA_ROLES_BY_PURPOSE,
    FAMILY_VERBS,
    PURPOSES_IN_EMERGENCY,
    ROLES_BY_PURPOSE,
    ROLES_BY_VERB,
    VERBS_IN_EMERGENCY,
)
from apps.people.post_scope import SCHOOL_WIDE_ROLES, post_includes_place
from apps.people.post_scope import post_includes_student as is_for
from apps.people.services.outside_readers import cities_read_by
from apps.people.services.person_accounts import (
    accounts_of_other_guardians,
    accounts_of_person,
    children_of_person,
)


def may(user, verb, at=None):
    """Whether one single post of today includes the verb (a key of MAY) and reaches ``at``.

    ``at`` is a School, SchoolClass, Municipality or Student, or a row that belongs to one. None
    asks whether there is such a place at all: enough for a menu, never to read or to act.
    """
    if any(post_includes_place(post, at) for post in posts_with(user, verb)):
        return True
    if verb not in VERBS_IN_EMERGENCY:
        return False
    student = at if isinstance(at, Student) else getattr(at, "student", None)
    running = emergency_student_ids(user)
    return bool(running) and (at is None or (student is not None and student.pk in running))


def posts_with(user, verb):
    """The posts of today that include the verb."""
    return [post for post in _posts(user) if post.role in ROLES_BY_VERB[verb]]


def schools_where(user, verb):
    """The schools at which one of this person's posts includes the verb."""
    seen = Q(pk__in=[])
    for post in posts_with(user, verb):
        at_school = post.school_id is not None
        seen |= Q(pk=post.school_id) if at_school else Q(municipality=post.municipality_id)
    return School.objects.filter(seen)


def municipalities_where(user, verb):
    """The ids of the municipalities in which one of this person's posts includes the verb."""
    return {post.municipality_id for post in posts_with(user, verb)}


def cities_where(user, verb):
    """The same for posts that are for the whole municipality."""
    return {post.municipality_id for post in posts_with(user, verb) if post.school_id is None}


def rows_where(user, verb, prefix=""):
    """A Q for rows with a municipality and perhaps a school that a post with the verb reaches."""
    seen = Q(pk__in=[])
    for post in posts_with(user, verb):
        name = "municipality" if post.school_id is None else "school"
        seen |= Q(**{f"{prefix}{name}": getattr(post, f"{name}_id")})
    return seen


def students_where(user, verb, prefix=""):
    """A Q for the students for whom one of this person's posts includes the verb.

    Verbs about a family (FAMILY_VERBS) never include the person's own children.
    """
    seen = students_of_posts(user, verb, prefix)
    return seen | _in_emergency(user, prefix) if verb in VERBS_IN_EMERGENCY else seen


def students_of_posts(user, verb, prefix=""):
    """The same without the students of an emergency access."""
    posts = posts_with(user, verb)
    seen = _reached(posts, prefix)
    if posts and verb in FAMILY_VERBS:
        seen &= not_own_family(user, prefix)
    return seen


def classes_where(user, verb):
    """The classes for whose students one of this person's posts includes the verb."""
    students = Student.objects.filter(students_where(user, verb))
    return SchoolClass.objects.filter(students__in=students).distinct()


def may_open(user, student, purpose):
    """Whether this user may open what is sealed for (student, purpose).

    Never about a child whose guardian this person is or was, under any of their accounts: kept out
    or not, staff read nothing of their own family as staff.
    """
    posts = _posts(user)
    if not posts or student.pk in children_of_person(user):
        return False
    allowed = set(ROLES_BY_PURPOSE.get(purpose, ()))
    named = _reading_rights(user).get((student.municipality_id, purpose), allowed)
    allowed = roles_that_may_open(purpose) & named
    if any(post.role in allowed and is_for(post, student) for post in posts):
        return True
    return purpose in PURPOSES_IN_EMERGENCY and student.pk in emergency_student_ids(user)


def emergency_student_ids(user):
    """The ids of students this user has emergency access to; read once a request."""
    if not _posts(user):
        return frozenset()
    if not hasattr(user, "known_emergencies"):
        running = EmergencyAccess.objects.running().filter(user=user)
        user.known_emergencies = frozenset(running.values_list("student_id", flat=True))
    return user.known_emergencies


def is_emergency_access(user, student):
    """Whether the user sees the student only by emergency access."""
    return student.pk in emergency_student_ids(user) and not cares_for(user, student)


def has_post_for(user, student):
    """Whether one of today's posts includes this student."""
    return any(is_for(post, student) and post.role != Role.TEACHER for post in _posts(user))


def cares_for(user, student):
    """Whether one of today's posts includes work with this student, not lists alone."""
    return any(is_for(post, student) for post in posts_with(user, "cases.view"))


def roles_that_may_open(purpose):
    """The roles that may at most open data of a purpose, where the documents name them."""
    return ROLES_BY_PURPOSE.get(purpose, set()) | EXTRA_ROLES_BY_PURPOSE.get(purpose, set())


def role_of(user, at=None, verb=""):
    """The role in which this user acts (at a place, by a verb), as kept in the audit record."""
    student = at if isinstance(at, Student) else None
    if student is not None and user.pk and student.user_id == user.pk:
        return "student"
    for post in posts_with(user, verb) if verb else _posts(user):
        if is_for(post, student) if student is not None else post_includes_place(post, at):
            return post.role
    if student is not None and _works_at(user, student.school_id):
        return Role.TEACHER  # of another class: granted, not appointed
    if student is not None and _posts(user):
        return _posts(user)[0].role  # elsewhere in the city, named as a reader
    if student is None and at is not None:
        return role_of(user)
    if Guardian.objects.filter(user=user.pk).exists():
        return "guardian"
    return "student" if Student.objects.filter(user=user.pk).exists() else "none"


def municipality_ids(user):
    """The municipalities in which this user holds a post today."""
    return {post.municipality_id for post in _posts(user)}


def students_visible_to(user, prefix=""):
    """A Q for students this user may see; ``prefix`` is the path to them ("student__").

    Students see themselves, guardians their children, homeroom teachers their class, nurse,
    counsellor and principal their school, city and helpdesk the roster of their municipality.
    """
    if not user.is_authenticated or not user.is_active:
        return Q(pk__in=[])
    seen = Q(**{f"{prefix}user": user.pk}) | students_in_care(user, prefix)
    if not is_staff_account(user):
        return seen
    return students_where(user, "roster.view", prefix)


def students_in_care(user, prefix=""):
    """A Q for the children this guardian may see today: never one they are kept out from.

    ``prefix`` is the path to a student ("student__").
    """
    return Q(
        **{
            f"{prefix}guardianships__guardian__user": user.pk,
            f"{prefix}guardianships__ended_at": None,
            f"{prefix}guardianships__standing__in": INFORMED_STANDINGS,
        }
    )


def students_kept_from(user):
    """The ids (a queryset) of students this account's guardian is kept out from.

    For what a person keeps about a child: receipts, messages. Not where they were never
    confirmed: they must not notice, everything looks as for who waits.
    """
    guardianships = Guardianship.objects.kept_out().filter(
        guardian__user=user.pk, is_unconfirmed=False
    )
    return guardianships.values("student_id")


def visible_students(user):
    """The students this user may see."""
    return Student.objects.filter(students_visible_to(user)).distinct()


def visible_classes(user):
    """The classes whose students this member of staff may see."""
    return SchoolClass.objects.filter(students__in=visible_students(user)).distinct()


def visible_guardianships(user):
    """The guardianships, ended ones too, whose guardians this member of staff may read by name.

    Of students they may see, without their own children. Newcomers whom the school has not
    confirmed are named only to those who may confirm them.
    """
    seen = Student.objects.filter(students_visible_to(user), not_own_family(user)).values("pk")
    confirming = students_where(user, "registrations.confirm", "student__")
    return Guardianship.objects.filter(Q(is_unconfirmed=False) | confirming, student__in=seen)


def not_own_family(user, prefix=""):
    """A Q for students who are no child of this person, by any account or 共通ID of theirs."""
    family = children_of_person(user)
    return ~Q(**{f"{prefix}pk__in": family}) if family else Q()


def not_other_guardian(user, name):
    """A Q for rows whose account (the field ``name``) is no other guardian of this person's children."""
    others = accounts_of_other_guardians(user)
    return ~Q(**{f"{name}__in": others}) if others else Q()


def not_own_class(user, prefix=""):
    """A Q for students who are neither a child of this person nor in the class of one today."""
    family = children_of_person(user)
    if not family:
        return Q()
    classes = Student.objects.filter(pk__in=family).exclude(home_class=None)
    in_class = Q(**{f"{prefix}home_class__in": classes.values("home_class")})
    return not_own_family(user, prefix) & ~in_class


def _reached(posts, prefix):
    seen = Q(pk__in=[])
    for post in posts:
        if post.role in SCHOOL_WIDE_ROLES:
            seen |= Q(**{f"{prefix}school": post.school_id})
        elif post.role == Role.HOMEROOM and post.school_class_id:
            seen |= Q(**{f"{prefix}home_class": post.school_class_id})
        elif post.role == Role.YEAR_HEAD:
            seen |= Q(**{f"{prefix}school": post.school_id, f"{prefix}grade": post.grade})
        elif post.role in CITY_WIDE_ROLES and post.school_id is None:
            seen |= Q(**{f"{prefix}municipality": post.municipality_id})
        elif post.role in CITY_WIDE_ROLES:
            seen |= Q(**{f"{prefix}school": post.school_id})
    return seen


def _in_emergency(user, prefix):
    return Q(**{f"{prefix}pk__in": emergency_student_ids(user)})


def _reading_rights(user):
    """{(municipality id, purpose): roles} where this person holds a post; read once a request."""
    if not hasattr(user, "known_reading_rights"):
        rights = ReadingRight.objects.filter(municipality__in=municipality_ids(user))
        user.known_reading_rights = {
            (right.municipality_id, right.purpose): set(right.roles) for right in rights
        }
    return user.known_reading_rights


def _posts(user):
    return user.current_posts if user.is_authenticated and user.is_active else []


def _works_at(user, school_id):
    return any(post.school_id == school_id for post in _posts(user))


def reach_of_person(user):
    """(municipalities of today's posts, those read from outside, own accounts, own children)."""
    return (
        municipality_ids(user), cities_read_by(user), accounts_of_person(user),
        children_of_person(user),
    )  # fmt: skip
