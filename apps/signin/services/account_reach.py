"""What else an account opens, for those who lock it or give it to its owner anew.

Nobody of one municipality learns which other ones there are.
"""

from uuid import UUID

from apps.core.municipality_scope import across_municipalities
from apps.people.account_kinds import other_municipalities
from apps.people.models import Role, StaffPost, User
from apps.people.services.person_accounts import accounts_of_person

# Kept with the act in Japanese, like the other names of its effects.
WORKS_ELSEWHERE = (
    "ほかの自治体",  # no sentence
    ["ほかの自治体の担当・登録もあります(その自治体の記録にも残ります)"],  # no sentence
)


def lines_about_others(account: User, municipality_id: UUID | None) -> list:
    """For the names of an act's effects: whether the account works for other municipalities."""
    return [WORKS_ELSEWHERE] if other_municipalities(account.pk, municipality_id) else []


@across_municipalities
def cities_left_without_privacy_officer(account: User) -> frozenset[UUID]:
    """The ids of the municipalities whose only privacy officer in use has this account."""
    posts = StaffPost.objects.current().filter(role=Role.PRIVACY).order_by()
    cities = posts.filter(user=account.pk).values_list("municipality", flat=True)
    others = posts.filter(municipality__in=cities, school=None, user__is_active=True)
    others = others.exclude(user__in=accounts_of_person(account))
    return frozenset(set(cities) - set(others.values_list("municipality", flat=True)))
