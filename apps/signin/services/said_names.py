"""The names that a newcomer says they have, and whether the guardian's row takes them.

A row of which the school knows something keeps its names: whoever was confirmed, named by a roster
or kept out must be found again under them. Who was kept out while they waited is shown what they
wrote all the same, or they would learn of it.
"""

from dataclasses import astuple, dataclass

from apps.people.models import (
    Guardian,
    GuardianOrigin,
    Guardianship,
    GuardianStanding,
    StandingChange,
)
from apps.signin.models import GuardianArrival

FIELDS = ("family_name", "given_name", "family_kana", "given_kana")
BETWEEN = "\n"  # no name holds one


@dataclass(frozen=True)
class Names:
    """A name and its reading."""

    family_name: str
    given_name: str
    family_kana: str
    given_kana: str

    @property
    def full(self) -> str:
        """The name as one text."""
        return f"{self.family_name} {self.given_name}".rstrip()

    @property
    def reading(self) -> str:
        """The reading as one text."""
        return f"{self.family_kana} {self.given_kana}".strip()


def of_row(guardian: Guardian) -> Names:
    """The names that a guardian's row has."""
    return Names(*(getattr(guardian, field) for field in FIELDS))


def of_newcomer(guardian: Guardian) -> Names:
    """The names as the person last wrote them; those of the row once the school knows them."""
    last = GuardianArrival.objects.filter(guardian=guardian, student__isnull=False)
    written = "" if is_confirmed(guardian) else of_arrival(last.order_by("-arrived_at").first())
    return Names(*written.split(BETWEEN)) if written else of_row(guardian)


def of_arrival(arrival: GuardianArrival | None) -> str:
    """What stands on an arrival because the row was not renamed; "" for nothing."""
    return arrival.said_names if arrival is not None else ""


def is_confirmed(guardian: Guardian) -> bool:
    """Whether a school or a roster has said who this is: their names are no longer theirs to change."""
    if guardian.origin != GuardianOrigin.LETTER or guardian.source_id or guardian.master_id:
        return True
    return Guardianship.objects.filter(guardian=guardian, is_unconfirmed=False).exists()


def write(guardian: Guardian, names: Names) -> str:
    """Take these names, in the caller's transaction; what is left to stand on the arrival.

    The row takes them where nobody knows the person. Where they are or were kept out it keeps its
    own, and the arrival has those that were written.
    """
    if names == of_row(guardian):
        return ""
    if is_confirmed(guardian):
        return ""
    if was_kept_out(guardian):
        return BETWEEN.join(astuple(names))
    for field in FIELDS:
        setattr(guardian, field, getattr(names, field))
    guardian.save(update_fields=FIELDS)
    return ""


def was_kept_out(guardian: Guardian) -> bool:
    """Whether this row is or was kept out from any child: it is found under its names."""
    was = StandingChange.objects.filter(guardian=guardian, standing=GuardianStanding.KEPT_OUT)
    return Guardianship.objects.kept_out().filter(guardian=guardian).exists() or was.exists()
