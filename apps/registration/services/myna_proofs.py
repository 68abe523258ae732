"""What a My Number card proves of a guardian: that a person is there, never whose guardian.

Only an identifier comes from the card, no name: so it stands in for no evidence of the school's and
for no confirmation. A municipality may ask for it before the first agreement on the site.
"""

from collections.abc import Iterable
from uuid import UUID

from apps.consent.person_proofs import register_proof
from apps.people.models import User
from apps.registration.models import GuardianRegistration
from apps.signin.models import MynaService
from apps.signin.services.myna_links import is_linked_in, users_with_myna

PAGE = "signin:myna"


def register() -> None:
    """Let consent ask for the card where a municipality wants it."""
    register_proof(is_myna_missing, PAGE)


def is_myna_missing(user: User, municipality_id: UUID) -> bool:
    """Whether this municipality asks for the card and this account has none linked."""
    asking = MynaService.objects.filter(municipality=municipality_id, asks_before_consent=True)
    return asking.exists() and not is_linked_in(user, municipality_id)


def proved_registrations(registrations: Iterable[GuardianRegistration]) -> set[UUID]:
    """The ids of those whose account is linked with a card."""
    by_account = {each.pk: each.user_id for each in registrations}
    linked = users_with_myna(by_account.values())
    return {pk for pk, user_id in by_account.items() if user_id in linked}
