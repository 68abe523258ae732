"""How many people must confirm a newcomer, and what they may do afterwards. Pure: no Django, no
clock.
"""

from dataclasses import dataclass

from apps.people.relation_rules import DECIDING_RELATIONS, RELATIONS_BY_DOCUMENT

# evidence from a channel other than the letter
SUFFICIENT_EVIDENCE = {"slip", "call_back", "meeting"}
MANY_GUARDIANS = 2  # with this many guardians, one more needs two confirmations


@dataclass(frozen=True)
class NewcomerFacts:
    """What is known about one newcomer besides the letter."""

    relation: str = ""
    tells_others: bool = False
    has_secret: bool = False
    has_document: bool = False
    is_on_roster: bool = False
    is_on_list: bool = False
    # by the roster, or by a list that somebody else than the reader uploaded
    is_listed: bool = False
    has_paper: bool = False  # a document seen by somebody other than the reader
    # a relation that differs from what the roster or list says of this name
    has_other_relation: bool = False
    name_has_account: bool = False  # a guardian of the child has this name and another account
    name_is_switched_off: bool = False  # the roster has disabled a guardian of this name
    is_staff_name: bool = False  # somebody who works at the child's school has this name
    on_students_device: bool = False
    # a member of staff has signed in on the device that opened the letter
    on_staff_device: bool = False
    has_school_domain: bool = False
    has_objection: bool = False
    by_revoked_letter: bool = False  # the letters were stolen, or handed to the wrong class
    has_other_surname: bool = False
    was_ended: bool = False  # the school ended this person's guardianship of the child before
    n_confirmed: int = 0  # other guardians of the child who have an account
    n_before: int = 0  # this account's earlier registrations for the child that were not confirmed
    n_beside: int = 0  # others who wait for the same child
    n_elsewhere: int = 0  # other children of the account, as far as the reader may know
    is_protected: bool = False  # somebody is kept out from the child, or must not learn of it
    has_kept_out: bool = False  # somebody is kept out from the child, or this account elsewhere
    has_kept_out_name: bool = False  # the name of somebody kept out before they registered
    is_kept_out: bool = False  # this very person is kept out


def is_known_to_nobody(facts: NewcomerFacts) -> bool:
    """Whether only the confirmation speaks for a newcomer who would decide."""
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
    """Whether the registration may be confirmed in a batch, with a stack of slips."""
    return not (
        facts.n_beside
        or facts.name_has_account
        or facts.is_staff_name
        or facts.name_is_switched_off
        or facts.has_other_relation
        or facts.on_students_device
        or facts.on_staff_device
        or facts.has_school_domain
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
    """The GuardianStanding of a newcomer with a child's letter, once confirmed."""
    decides = relation in DECIDING_RELATIONS or (relation in RELATIONS_BY_DOCUMENT and has_document)
    return "decides" if decides else "informed"


def requires_lead(facts: NewcomerFacts) -> bool:
    """Whether one of the two must be the school's lead or the city."""
    return facts.has_kept_out
