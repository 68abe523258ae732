"""Which accounts are one person's: two posts of one 共通ID are never two people."""

from uuid import UUID

from apps.people.models import Guardianship, StaffPost, User

OF_THE_FAMILY = "自分の子どものことは、ほかの職員が決めます。"


def accounts_of(user: User) -> frozenset[UUID]:
    """The ids of the accounts of whoever holds this one, itself included; asked once a request.

    The roster may name one person at two schools, and each of the two posts may have been given
    to another account: the 共通ID says that they are one.
    """
    if not hasattr(user, "known_accounts"):
        named = StaffPost.objects.filter(user=user.pk).exclude(master_id=None)
        same = StaffPost.objects.filter(master_id__in=named.values("master_id")).exclude(user=None)
        user.known_accounts = frozenset({user.pk, *same.values_list("user_id", flat=True)})
    return user.known_accounts


def is_same_person(user: User, account_id: UUID | None) -> bool:
    """Whether whoever holds this account holds that one too; False for nobody's (None)."""
    return account_id is not None and account_id in accounts_of(user)


def family_of(user: User) -> frozenset[UUID]:
    """The ids of the students whose guardian whoever holds this account is or was; asked once a
    request. About these children, and their other guardians, that person decides nothing as staff.
    """
    if not hasattr(user, "known_family"):
        ties = Guardianship.objects.filter(guardian__user__in=accounts_of(user))
        user.known_family = frozenset(ties.values_list("student", flat=True))
    return user.known_family
