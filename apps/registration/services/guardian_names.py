"""Names that a newcomer gives, and whether the guardian's row takes them.

A row that the school knows keeps its names: a guardian who was confirmed, named by a roster or kept
out must be found under them. Somebody kept out while waiting is still shown what they wrote, or
they would learn of it.
"""

from dataclasses import astuple, dataclass

from apps.people.models import (
    Guardian,
    GuardianOrigin,
    Guardianship,
    GuardianStanding,
    StandingChange,
)
from apps.registration.models import GuardianRegistration

FIELDS = ("family_name", "given_name", "family_kana", "given_kana")
BETWEEN = "\n"  # a name contains no such character


@dataclass(frozen=True)
class GuardianNames:
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


def names_of_guardian(guardian: Guardian) -> GuardianNames:
    """The names in a guardian's row."""
    return GuardianNames(*(getattr(guardian, field) for field in FIELDS))


def names_of_newcomer(guardian: Guardian) -> GuardianNames:
    """The names as the person last wrote them; those of the row once the school knows them."""
    last = GuardianRegistration.objects.filter(guardian=guardian, student__isnull=False)
    written = (
        ""
        if is_confirmed(guardian)
        else name_of_registration(last.order_by("-registered_at").first())
    )
    return GuardianNames(*written.split(BETWEEN)) if written else names_of_guardian(guardian)


def name_of_registration(registration: GuardianRegistration | None) -> str:
    """The registration's own name, where the row was not renamed; else ""."""
    return registration.said_names if registration is not None else ""


def is_confirmed(guardian: Guardian) -> bool:
    """Whether a school or a roster has named this guardian: they cannot change their names."""
    if guardian.origin != GuardianOrigin.LETTER or guardian.source_id or guardian.master_id:
        return True
    return Guardianship.objects.filter(guardian=guardian, is_unconfirmed=False).exists()


def write_names(guardian: Guardian, names: GuardianNames) -> str:
    """Write the names in the caller's transaction; returns the name to store in the registration.

    The row takes them while nobody knows the person. If they are or were kept out, the row keeps
    its names and the registration stores the written ones.
    """
    if names == names_of_guardian(guardian):
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
    """Whether this guardian is or was kept out from any child: the row is found by its names."""
    changes = StandingChange.objects.filter(guardian=guardian, standing=GuardianStanding.KEPT_OUT)
    return Guardianship.objects.kept_out().filter(guardian=guardian).exists() or changes.exists()
