"""Signed slips that were returned: read in a stack, by their numbers."""

import re
import unicodedata
from dataclasses import dataclass, field

from django.db.models import Q

from apps.people.models import Guardianship, User
from apps.people.permissions import students_where
from apps.registration.confirmation_rules import is_ordinary
from apps.registration.models import (
    EvidenceKind,
    GuardianRegistration,
    InvitationLetter,
    RegistrationState,
)
from apps.registration.services.confirmation_queue import why_not_decide
from apps.registration.services.registration_contexts import (
    VERB,
    RegistrationContext,
    load_contexts,
    with_related_rows,
)

MAX_SLIPS = 1500  # numbers at once


@dataclass
class SlipResults:
    """The results of a stack of slips, number by number."""

    ready: list[RegistrationContext] = field(default_factory=list)  # may be confirmed together
    apart: list[RegistrationContext] = field(default_factory=list)  # to be looked at one by one
    refused: list[tuple[RegistrationContext, str]] = field(
        default_factory=list
    )  # not by this person: why
    # the letter is known, nobody registered with it
    nobody_yet: list[str] = field(default_factory=list)
    decided: list[str] = field(default_factory=list)  # all its registrations are decided
    unknown: list[str] = field(default_factory=list)  # no letter of this person's school


def parse_slip_numbers(text: str) -> list[str]:
    """The slip numbers of a text, one a line, each once: typed or from a QR code reader."""
    found = {}
    for line in unicodedata.normalize("NFKC", text).upper().splitlines():
        if number := re.sub(r"[^0-9A-Z]", "", line.rstrip("/").rpartition("/")[2]):
            found[number] = None
    return list(found)


def read_slips(numbers: list[str], user: User) -> SlipResults:
    """The results of these slips for this person; the number of statements is constant."""
    found = SlipResults()
    letters = _letters_known_to(user).filter(slip_number__in=numbers)
    letters = dict(letters.values_list("slip_number", "pk"))
    registrations = with_related_rows(
        GuardianRegistration.objects.filter(invitation__in=letters.values())
    )
    by_letter = {}
    for context in load_contexts(list(registrations.order_by("registered_at", "pk")), user):
        by_letter.setdefault(context.registration.invitation_id, []).append(context)
    for number in numbers:
        if number not in letters:
            found.unknown.append(number)
        else:
            _sort(found, number, by_letter.get(letters[number], []), user)
    return found


def _letters_known_to(user):
    """Letters of children, and of guardians of children, whom this person's post reaches."""
    known = students_where(user, VERB, "student__") & Q(student__left_at=None)
    guardianships = Guardianship.objects.current().filter(known)
    of_guardians = Q(student=None, guardian__in=guardianships.values("guardian"))
    return InvitationLetter.objects.filter(Q(known, student__isnull=False) | of_guardians)


def _sort(found, number, contexts, user):
    contexts = [
        context for context in contexts if not context.facts.is_kept_out
    ]  # they are on no list
    waiting = [context for context in contexts if context.registration.is_waiting]
    if not contexts:
        found.nobody_yet.append(number)
    elif not waiting:
        registered = any(
            context.registration.state == RegistrationState.CONFIRMED for context in contexts
        )
        (found.decided if registered else found.nobody_yet).append(number)
    elif len(waiting) > 1 or not is_ordinary(waiting[0].facts) or _is_spent(contexts, waiting[0]):
        for context in waiting:
            why = why_not_decide(context, user)
            if why:
                found.refused.append((context, why))
            else:
                found.apart.append(context)
    elif why := why_not_decide(waiting[0], user):
        found.refused.append((waiting[0], why))
    else:
        found.ready.append(waiting[0])


def _is_spent(contexts, context):
    """Whether the slip was used as evidence for somebody else: one slip is one signature."""
    others = (each for each in contexts if each is not context)
    return any(
        found_evidence.kind == EvidenceKind.SLIP
        for each in others
        for found_evidence in each.evidence
    )
