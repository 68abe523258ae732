"""Compares a newcomer's name with the roster, the school's lists and its staff."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from uuid import UUID

from apps.core.municipality_scope import across_municipalities
from apps.people.models import (
    Guardian,
    Guardianship,
    GuardianStanding,
    KeptOutPerson,
    Relation,
    StaffPost,
    Student,
    User,
)
from apps.people.person_match_rules import PersonMatch, TypedPerson
from apps.people.services import guardian_standings, kept_out_people
from apps.people.services.kept_out_people import KeptOutDigests
from apps.people.services.person_accounts import accounts_of_person
from apps.registration.models import GuardianRegistration
from apps.registration.services import guardian_names
from apps.registration.services.guardian_lists import Listed, listed_names

PRESENT_STANDINGS = {GuardianStanding.DECIDES, GuardianStanding.INFORMED}
UNINFORMATIVE_RELATIONS = {"", Relation.OTHER}  # where a list writes 保護者, or nothing


@dataclass(frozen=True)
class KnownNames:
    """The names to compare with, as ``standing.normal_name`` writes them."""

    listed: dict[UUID, list[Listed]]  # by student id
    reader: frozenset[
        UUID
    ]  # the reader's accounts: a list they helped to write is no evidence for them
    staff: dict[UUID, set[str]]  # {school id: names of staff with a post there today}


def load_known_names(students: Iterable[UUID], schools: Iterable[UUID], user: User) -> KnownNames:
    """The names on lists of these students, and those of the staff of these schools."""
    staff = defaultdict(set)
    posts = StaffPost.objects.current().filter(school__in=list(schools))
    for school, name in posts.values_list("school", "name"):
        staff[school] |= {guardian_standings.comparable_name(name)} - {""}
    return KnownNames(
        listed=listed_names(students), staff=dict(staff), reader=accounts_of_person(user)
    )


def name_facts(
    registration: GuardianRegistration, relation: str, children: list[Student], guardianships: list[Guardianship],
    known: KnownNames,
) -> dict[str, bool]:  # fmt: skip
    """The NewcomerFacts that follow from a newcomer's name; ``ties`` are the children's
    guardianships.
    """
    names = guardian_standings.guardian_names(registration.guardian)
    alike = [
        guardianship for guardianship in guardianships
        if guardianship.ended_at is None and guardianship.guardian_id != registration.guardian_id
        and names & guardian_standings.guardian_names(guardianship.guardian)
    ]  # fmt: skip
    on_roster = [
        guardianship.relation for guardianship in alike
        if guardianship.origin == "roster" and guardianship.guardian.user_id in (None, registration.user_id)
        and guardianship.guardian.is_enabled
    ]  # fmt: skip
    on_list = [
        row for child in children for row in known.listed.get(child.pk, ()) if names & row.names
    ]  # fmt: skip
    fits = [_fits(relation, other) for other in (*on_roster, *(row.relation for row in on_list))]
    is_on_roster = registration.student_id is None or any(_fits(relation, r) for r in on_roster)
    on_list_fitting = [row for row in on_list if _fits(relation, row.relation)]
    return {
        "is_on_roster": is_on_roster,
        "is_on_list": bool(on_list_fitting),
        "is_listed": is_on_roster or any(not row.authors & known.reader for row in on_list_fitting),
        "has_other_relation": bool(fits) and not any(fits),
        "name_has_account": any(
            guardianship.standing in PRESENT_STANDINGS
            and guardianship.guardian.user_id not in (None, registration.user_id)
            for guardianship in alike
        ),
        "name_is_switched_off": any(not guardianship.guardian.is_enabled for guardianship in alike),
        "is_staff_name": any(names & known.staff.get(child.school_id, set()) for child in children),
    }


def match_with_kept_out(
    registration: GuardianRegistration, people: Sequence[KeptOutPerson | KeptOutDigests]
) -> PersonMatch | None:
    """How the newcomer, as they wrote about themselves, fits somebody kept out from the child."""
    if not people:
        return None
    names = guardian_names.names_of_newcomer(registration.guardian)
    person = TypedPerson(*astuple(names), registration.user.email, registration.safe_contact)
    return kept_out_people.match_of(people, person)


def has_name_of(user: User, guardian: Guardian) -> bool:
    """Whether this newcomer has the name of this member of staff."""
    return bool(_names_of(user) & guardian_standings.guardian_names(guardian))


@across_municipalities
def _names_of(user):
    """The names of all posts of this person, under any account, in any city, whichever is chosen.

    Queried once a request.
    """
    if not hasattr(user, "known_post_names"):
        posts = StaffPost.objects.filter(user__in=accounts_of_person(user))
        names = {
            guardian_standings.comparable_name(name)
            for name in posts.values_list("name", flat=True)
        }
        user.known_post_names = names - {""}
    return user.known_post_names


def _fits(relation, other):
    return relation in ("", other) or other in UNINFORMATIVE_RELATIONS
