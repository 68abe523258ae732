"""Single facts about a registration, compared with the children and guardians it names."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from apps.core.municipality_scope import across_municipalities
from apps.people.models import Guardianship, Student, User
from apps.people.services import guardian_standings
from apps.registration.models import GuardianRegistration


def relation_of(registration: GuardianRegistration, guardianships: list) -> str:
    """The relation that the newcomer stated; "" where the letter was a guardian's own."""
    stated_relations = (
        guardianship.relation
        for guardianship in guardianships
        if guardianship.guardian_id == registration.guardian_id and not guardianship.ended_at
    )
    return next(stated_relations, "")


def has_school_domain(user: User, children: Iterable[Student], domains: dict) -> bool:
    """Whether the mail address has a domain of a child's school."""
    domain = user.email.rpartition("@")[2].lower()
    return any(domain in domains[child.school_id] for child in children)


def has_other_surname(guardian: Any, children: Iterable[Student]) -> bool:
    """Whether a child has another family name than the guardian."""
    surname = guardian_standings.comparable_name(guardian.family_name)
    return any(
        guardian_standings.comparable_name(child.family_name) != surname for child in children
    )


@across_municipalities
def accounts_kept_out_somewhere(account_ids: Iterable[UUID]) -> set[UUID]:
    """Which accounts are kept out from any child, in any city: a sibling's letter counts as well."""
    kept_out = Guardianship.objects.kept_out().filter(guardian__user__in=list(account_ids))
    return set(kept_out.values_list("guardian__user", flat=True))
