"""Which accounts belong to one person, by their 共通ID.

A person is one in every municipality: whoever works in one city may have a child in another. So
these functions look across, and answer with ids alone.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from apps.core.municipality_scope import across_municipalities
from apps.people.models import Guardian, Guardianship, StaffConflict, StaffPost, Student, User

OWN_FAMILY_REFUSED = "自分の子どものことは、ほかの職員が決めます。"


def accounts_of_person(user: User) -> frozenset[UUID]:
    """The ids of all accounts of this account's holder, itself included; read once a request.

    A roster may name one person at two schools, or as staff and as a guardian, each with
    another account: the 共通ID shows that they are one.
    """
    if not hasattr(user, "known_accounts"):
        user.known_accounts = _accounts_with(user.pk)
    return user.known_accounts


def posts_of_person(user: User) -> list[StaffPost]:
    """The posts this person holds today under any account, whichever is chosen; read once a request.

    For what a person may not do because of a post: that never depends on the chosen one. Those in
    the municipalities for which the code works; in every one: ``roles_of_person``.
    """
    if not hasattr(user, "known_posts"):
        held = StaffPost.objects.current().filter(user__in=accounts_of_person(user))
        user.known_posts = list(held.select_related("school", "school_class"))
    return user.known_posts


@across_municipalities
def roles_of_person(user: User) -> frozenset[str]:
    """The roles this person holds today, under any account and in any municipality."""
    held = StaffPost.objects.current().filter(user__in=accounts_of_person(user)).order_by()
    return frozenset(held.values_list("role", flat=True))


def is_same_person(user: User, account_id: UUID | None) -> bool:
    """Whether both accounts belong to one person; False for None."""
    return account_id is not None and account_id in accounts_of_person(user)


def count_persons(account_ids: Iterable[UUID]) -> int:
    """How many people hold these accounts."""
    left, n = set(account_ids), 0
    while left:
        left -= _accounts_with(next(iter(left)))
        n += 1
    return n


@across_municipalities
def children_of_person(user: User) -> frozenset[UUID]:
    """The ids of the students whose guardian this person is or was, or who were entered by hand as
    their own or related; read once a request. About these children, and their other guardians, that person decides nothing as staff.
    """
    if not hasattr(user, "known_family"):
        accounts = accounts_of_person(user)
        masters = _masters_of(accounts)
        of_person = Q(guardian__user__in=accounts) | Q(guardian__master_id__in=masters)
        guardianships = Guardianship.objects.filter(of_person).order_by()
        by_hand = StaffConflict.objects.in_force().filter(person__in=accounts).order_by()
        ids = (found.values_list("student", flat=True) for found in (guardianships, by_hand))
        user.known_family = frozenset(next(ids).union(*ids))
    return user.known_family


@across_municipalities
def accounts_near_student(student: Student) -> frozenset[UUID]:
    """The ids of all accounts whose holders are related to this student or to a classmate: for
    these holders ``children_of_person`` names one of them. A few statements, however many staff.
    """
    near = Q(pk=student.pk)
    if student.home_class_id:
        near |= Q(home_class=student.home_class_id)
    students = set(Student.objects.filter(near).order_by().values_list("pk", flat=True))
    by_hand = StaffConflict.objects.in_force().filter(student__in=students).order_by()
    return _guardians_accounts(students) | _accounts_with(*by_hand.values_list("person", flat=True))


@across_municipalities
def accounts_of_other_guardians(user: User) -> frozenset[UUID]:
    """The ids of the accounts of present and former guardians of this person's children, and what
    else is theirs by 共通ID; never this person's own. Read once a request.
    """
    if not hasattr(user, "known_other_guardians"):
        family = children_of_person(user)
        user.known_other_guardians = _guardians_accounts(family) - accounts_of_person(user)
    return user.known_other_guardians


def _guardians_accounts(children):
    if not children:
        return frozenset()
    named = Guardian.objects.filter(guardianships__student__in=children)
    masters = set(named.exclude(master_id=None).values_list("master_id", flat=True))
    found = set(named.exclude(user=None).values_list("user_id", flat=True))
    found |= {pk for model in (StaffPost, Guardian) for pk in _users_of(model, masters)}
    return _accounts_with(*found)


@across_municipalities
def _accounts_with(*account_ids):
    """These accounts and all others of the people who hold them, in a few statements."""
    found, known = set(account_ids), set()
    while found != known:
        known = found
        masters = _masters_of(known)
        if not masters:
            break
        found = known | {pk for model in (StaffPost, Guardian) for pk in _users_of(model, masters)}
    return frozenset(found)


def _masters_of(accounts):
    """The 共通IDs under which a roster names the people of these accounts."""
    staff, guardians = (
        model.objects.filter(user__in=accounts)
        .exclude(master_id=None)
        .order_by()
        .values_list("master_id", flat=True)
        for model in (StaffPost, Guardian)
    )
    return set(staff.union(guardians))


def _users_of(model, masters):
    found = model.objects.filter(master_id__in=masters).exclude(user=None)
    return found.values_list("user_id", flat=True)
