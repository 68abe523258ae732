"""Whether a guardian has to prove their person before their first agreement on the site.

An upper app registers how a person is proved: ``register_proof``. Refusing, withdrawing, and what
is answered on paper or by telephone never need it.
"""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from apps.consent.models import Channel, ConsentReceipt, Response
from apps.consent.words import PROVE_PERSON
from apps.people.models import User


class PersonProof(NamedTuple):
    """How a person is proved."""

    is_missing: Callable[[User, UUID], bool]  # (who, of which municipality)
    address_name: str  # the URL name of the page where they do it

    @property
    def words(self) -> str:
        """What the page says before the answers are sent."""
        return str(PROVE_PERSON)


_PROOFS: list[PersonProof] = []


def register_proof(is_missing: Callable[[User, UUID], bool], address_name: str) -> None:
    """Register a proof that a municipality may ask for; once, when the app is ready."""
    proof = PersonProof(is_missing, address_name)
    if proof not in _PROOFS:
        _PROOFS.append(proof)


def missing_proof(user: User, municipality_id: UUID) -> PersonProof | None:
    """The proof that is missing before this guardian's first agreement, or None."""
    for proof in _PROOFS:
        if proof.is_missing(user, municipality_id) and not _has_agreed(user, municipality_id):
            return proof
    return None


def _has_agreed(user: User, municipality_id: UUID) -> bool:
    """Whether they have agreed on this municipality's site, as a guardian.

    What they confirmed as staff, and what came on paper or by telephone, is no agreement of theirs
    here.
    """
    own = ConsentReceipt.objects.filter(
        guardian__user=user, channel=Channel.WEB, municipality=municipality_id
    )
    return own.filter(decisions__response=Response.GIVEN).exists()
