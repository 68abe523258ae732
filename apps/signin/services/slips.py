"""Slips that were torn off the letters, signed and brought back: read in a stack, by their numbers."""

import re
import unicodedata
from dataclasses import dataclass, field

from django.db.models import Q

from apps.people.models import Guardianship, User
from apps.people.permissions import students_where
from apps.people.same_person import family_of
from apps.signin.arrival_rules import is_ordinary
from apps.signin.models import ArrivalState, Evidence, GuardianArrival, Invitation
from apps.signin.services.arrival_looks import VERB, Look, look_at, with_all
from apps.signin.services.arrival_queue import why_not

MOST = 1500  # numbers at once


@dataclass
class Slips:
    """What a stack of slips says, number by number."""

    ready: list[Look] = field(default_factory=list)  # confirmed with one press
    apart: list[Look] = field(default_factory=list)  # to be looked at one by one
    refused: list[tuple[Look, str]] = field(default_factory=list)  # not by this person: why
    nobody_yet: list[str] = field(default_factory=list)  # the letter is known, nobody came
    decided: list[str] = field(default_factory=list)  # everybody who came by it is decided about
    unknown: list[str] = field(default_factory=list)  # no letter of this person's school


def numbers_in(text: str) -> list[str]:
    """The slip numbers of a text, one a line, each once: as typed or as a reader of QR codes types."""
    found = {}
    for line in unicodedata.normalize("NFKC", text).upper().splitlines():
        if number := re.sub(r"[^0-9A-Z]", "", line.rstrip("/").rpartition("/")[2]):
            found[number] = None
    return list(found)


def read_slips(numbers: list[str], user: User) -> Slips:
    """What these slips say to this person; the same number of statements for any number of them."""
    found = Slips()
    letters = _letters_known_to(user).filter(slip_number__in=numbers)
    letters = dict(letters.values_list("slip_number", "pk"))
    arrivals = with_all(GuardianArrival.objects.filter(invitation__in=letters.values()))
    by_letter = {}
    for look in look_at(list(arrivals.order_by("arrived_at", "pk")), user):
        by_letter.setdefault(look.arrival.invitation_id, []).append(look)
    for number in numbers:
        if number not in letters:
            found.unknown.append(number)
        else:
            _sort(found, number, by_letter.get(letters[number], []), user)
    return found


def _letters_known_to(user):
    """The letters of children, and of guardians of children, whom this person's post reaches."""
    known = students_where(user, VERB, "student__") & Q(student__left_at=None)
    known &= ~Q(student__in=family_of(user))
    ties = Guardianship.objects.current().filter(known)
    of_guardians = Q(student=None, guardian__in=ties.values("guardian"))
    return Invitation.objects.filter(Q(known, student__isnull=False) | of_guardians)


def _sort(found, number, looks, user):
    looks = [look for look in looks if not look.facts.is_kept_out]  # they are on no list
    waiting = [look for look in looks if look.arrival.is_waiting]
    if not looks:
        found.nobody_yet.append(number)
    elif not waiting:
        came = any(look.arrival.state == ArrivalState.CONFIRMED for look in looks)
        (found.decided if came else found.nobody_yet).append(number)
    elif len(waiting) > 1 or not is_ordinary(waiting[0].facts) or _is_spent(looks, waiting[0]):
        for look in waiting:
            why = why_not(look, user)
            if why:
                found.refused.append((look, why))
            else:
                found.apart.append(look)
    elif why := why_not(waiting[0], user):
        found.refused.append((waiting[0], why))
    else:
        found.ready.append(waiting[0])


def _is_spent(looks, look):
    """Whether the slip spoke for somebody else before: one paper is one person's signature."""
    others = (each for each in looks if each is not look)
    return any(said.kind == Evidence.SLIP for each in others for said in each.evidence)
