"""How many people must confirm a newcomer, and what they may do afterwards. Pure: no Django, no clock."""

from dataclasses import dataclass

from apps.people.relation_rules import DECIDING_RELATIONS, RELATIONS_BY_DOCUMENT

SUFFICIENT_EVIDENCE = {"slip", "call_back", "meeting"}  # evidence from another path than the letter
MANY_GUARDIANS = 2  # guardians; one more needs two people


@dataclass(frozen=True)
class NewcomerFacts:
    """What is known about one newcomer besides the letter."""

    relation: str = ""
    tells_others: bool = False
    has_secret: bool = False
    has_document: bool = False
    is_on_roster: bool = False
    is_on_list: bool = False
    is_listed: bool = False  # by the roster, or a list that the reader did not bring
    has_paper: bool = False  # a document that somebody else than the reader saw
    has_other_relation: bool = False  # than the roster or list says of who has this name
    name_has_account: bool = False  # a guardian of the child has this name and another account
    name_is_switched_off: bool = False  # the roster has switched off a guardian of this name
    is_staff_name: bool = False  # somebody who works at the child's school has this name
    on_students_device: bool = False
    on_staff_device: bool = False  # somebody of the staff has signed in where the letter was opened
    has_own_domain: bool = False
    has_objection: bool = False
    by_revoked_letter: bool = False  # the box of letters was stolen, or handed to the wrong class
    has_other_surname: bool = False
    was_ended: bool = False  # the school ended this person's guardianship of the child before
    n_confirmed: int = 0  # other guardians of the child who have an account
    n_before: int = (
        0  # this person's registrations for the child that ended without letting them in
    )
    n_beside: int = 0  # others who wait for the same child
    n_elsewhere: int = 0  # further children of the same account, as far as the reader may know
    is_protected: bool = False  # somebody is kept out from the child, or must not learn of it
    has_kept_out: bool = False  # somebody is kept out from the child, or this account elsewhere
    is_kept_out: bool = False  # this very person is


def is_known_to_nobody(facts: NewcomerFacts) -> bool:
    """Whether one person's word would make somebody decide whom nothing else than it speaks for."""
    decides = standing_when_confirmed(facts.relation, has_document=facts.has_document) == "decides"
    return decides and not (facts.is_listed or facts.has_paper)


def confirmations_needed(facts: NewcomerFacts) -> int:
    """How many people of the school must confirm the newcomer."""
    is_open = facts.tells_others and not (facts.has_secret or facts.is_protected)
    needs_document = facts.relation in RELATIONS_BY_DOCUMENT and not facts.has_document
    is_third = facts.n_confirmed >= MANY_GUARDIANS
    is_odd = needs_document or facts.was_ended or facts.by_revoked_letter
    is_odd = is_odd or facts.name_has_account or facts.is_staff_name or facts.name_is_switched_off
    is_odd = is_odd or facts.on_staff_device or is_known_to_nobody(facts)
    return 1 if is_open and not (is_third or is_odd) else 2


def is_ordinary(facts: NewcomerFacts) -> bool:
    """Whether nothing asks for a look at this one alone: one of a stack of slips."""
    return not (
        facts.n_beside
        or facts.name_has_account
        or facts.is_staff_name
        or facts.name_is_switched_off
        or facts.has_other_relation
        or facts.on_students_device
        or facts.on_staff_device
        or facts.has_own_domain
        or facts.has_objection
        or facts.by_revoked_letter
        or facts.was_ended
        or facts.has_secret
        or facts.is_protected
        or facts.is_kept_out
        or facts.n_confirmed >= MANY_GUARDIANS
        or facts.relation in RELATIONS_BY_DOCUMENT
    )


def standing_when_confirmed(relation: str, *, has_document: bool) -> str:
    """The standing (a GuardianStanding) of a newcomer by a child's letter, once confirmed."""
    decides = relation in DECIDING_RELATIONS or (relation in RELATIONS_BY_DOCUMENT and has_document)
    return "decides" if decides else "informed"


def requires_lead(facts: NewcomerFacts) -> bool:
    """Whether one of the two is the school's lead or the city."""
    return facts.has_kept_out
