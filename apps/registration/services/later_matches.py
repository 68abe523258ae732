"""Guardians of a child who fit somebody kept out before they registered: for the lead to decide.

A guardian may take the other person's address after the school has confirmed them, or may have been
a guardian under that name before the person was kept out. Nothing is said to them, and nothing
stops by itself: the lead or the city keeps the guardian out, or ends what was entered by mistake.
"""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from allauth.account.models import EmailAddress

from apps.people.models import Guardianship, KeptOutPerson, User
from apps.people.permissions import students_where
from apps.people.person_match_rules import PersonMatch, TypedPerson
from apps.people.services import kept_out_people


def guardians_who_fit(user: User) -> list[tuple[Guardianship, PersonMatch]]:
    """Today's guardianships within reach that fit, surest first; read on the first page of staff.

    By an address of the account whenever it was taken; by a name where the guardianship is older:
    of a newer one two people have read that the name fits.
    """
    reached = students_where(user, kept_out_people.VERB, "student__")
    rows = kept_out_people.kept_out_people_for(user).filter(reached, ended_at=None)
    by_child = defaultdict(list)
    for row in rows:
        by_child[row.student_id].append(row)
    if not by_child:
        return []
    guardianships = Guardianship.objects.current().filter(student__in=by_child)
    ties = list(guardianships.select_related("guardian__user", "student").order_by("pk"))
    addresses = _addresses_of({tie.guardian.user_id for tie in ties} - {None})
    found = [
        (tie, match)
        for tie in ties
        if (match := _match(tie, by_child[tie.student_id], addresses[tie.guardian.user_id]))
    ]
    return sorted(found, key=lambda pair: pair[1] != PersonMatch.CONTACT)


def _match(
    tie: Guardianship, people: list[KeptOutPerson], addresses: set[str]
) -> PersonMatch | None:
    persons = [TypedPerson(mail=address) for address in addresses]
    if any(kept_out_people.match_of(people, person) for person in persons):
        return PersonMatch.CONTACT
    who = tie.guardian
    named = TypedPerson(who.family_name, who.given_name, who.family_kana, who.given_kana)
    older = [row for row in people if tie.began_at <= row.set_at]
    return kept_out_people.match_of(older, named)


def _addresses_of(user_ids: Iterable[UUID]) -> dict[UUID | None, set[str]]:
    """{account id: its addresses}, those not yet proved and the second ones too."""
    found: dict[UUID | None, set[str]] = defaultdict(set)
    ids = list(user_ids)
    for pk, address in User.objects.filter(pk__in=ids).values_list("pk", "email"):
        found[pk].add(address)
    for pk, address in EmailAddress.objects.filter(user__in=ids).values_list("user", "email"):
        found[pk].add(address)
    return found
