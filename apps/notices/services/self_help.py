"""Self-help cards: proposed, approved by a counsellor, withdrawn, and read without a trace.

Reading writes nothing and asks nothing that names the reader but the municipality.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core import clock
from apps.notices.models import SelfHelpApproval
from apps.notices.self_help_cards import CARDS_BY_CODE, SELF_HELP_CARDS, SelfHelpCard, card_digest
from apps.notices.services.publication_rules import EDIT_VERB, PublicationRefused
from apps.people.models import Municipality, User
from apps.people.permissions import municipalities_where
from apps.people.services.person_accounts import is_same_person
from apps.people.services.recorded_changes import record_change

APPROVE_VERB = "self_help.approve"


@dataclass(frozen=True)
class CardState:
    """A card as staff see it: with its approval, if there is one for these words."""

    card: SelfHelpCard
    digest: str
    approval: SelfHelpApproval | None

    @property
    def is_shown(self) -> bool:
        """Whether children may read it."""
        return self.approval is not None and self.approval.approved_at is not None


def cards_shown_in(municipality_id: UUID) -> list[SelfHelpCard]:
    """The cards whose present words a counsellor of the municipality has approved."""
    return [each.card for each in card_states(municipality_id) if each.is_shown]


def card_states(municipality_id: UUID) -> list[CardState]:
    """Every card there is, with what this municipality decided about its present words."""
    rows = SelfHelpApproval.objects.standing().filter(municipality=municipality_id)
    found = {(row.topic, row.digest): row for row in rows.select_related("proposed_by")}
    return [
        CardState(card, digest, found.get((card.code, digest)))
        for card in SELF_HELP_CARDS
        for digest in [card_digest(card)]
    ]


def cards_to_approve(user: User) -> int:
    """How many proposed cards wait for this person."""
    rows = SelfHelpApproval.objects.standing().filter(
        municipality__in=municipalities_where(user, APPROVE_VERB), approved_at=None
    )
    return sum(
        row.digest == card_digest(CARDS_BY_CODE[row.topic])
        and not is_same_person(user, row.proposed_by_id)
        for row in rows
    )


@transaction.atomic
def propose_card(municipality: Municipality, code: str, *, by: User) -> SelfHelpApproval:
    """Ask a counsellor to approve the present words of a card. Raises PublicationRefused."""
    card = CARDS_BY_CODE.get(code)
    if card is None or municipality.pk not in municipalities_where(by, EDIT_VERB):
        raise PublicationRefused(_("このカードは選べません。"))
    Municipality.objects.select_for_update().get(pk=municipality.pk)
    digest = card_digest(card)
    before = SelfHelpApproval.objects.standing().filter(municipality=municipality, topic=code)
    if before.filter(digest=digest).exists():
        raise PublicationRefused(_("このカードは、もうたのまれています。"))
    before.update(withdrawn_at=clock.now())  # of other words, shown no more
    row = SelfHelpApproval.objects.create(
        municipality=municipality, topic=code, digest=digest, proposed_by=by
    )
    record_change(row, by, ["topic"], verb=EDIT_VERB)
    return row


@transaction.atomic
def approve_card(row: SelfHelpApproval, *, by: User, seen: str) -> None:
    """Approve as a counsellor who has read the words of this digest. Raises PublicationRefused."""
    row = SelfHelpApproval.objects.select_for_update().get(pk=row.pk)
    if row.municipality_id not in municipalities_where(by, APPROVE_VERB):
        raise PublicationRefused(_("スクールカウンセラーが確かめます。"))
    if row.withdrawn_at is not None or row.approved_at is not None:
        raise PublicationRefused(_("このカードは、確認を待っていません。"))
    if is_same_person(by, row.proposed_by_id):
        raise PublicationRefused(_("たのんだ人とは別の人が確かめます。"))
    if seen != row.digest or row.digest != card_digest(CARDS_BY_CODE[row.topic]):
        raise PublicationRefused(_("言葉が変わりました。もう一度読んでください。"))
    row.approved_by, row.approved_at = by, clock.now()
    row.save(update_fields=["approved_by", "approved_at"])
    record_change(row, by, ["approved_by"], verb=APPROVE_VERB)


@transaction.atomic
def withdraw_card(row: SelfHelpApproval, *, by: User) -> None:
    """Show the card no more: the city, or a counsellor, alone. Raises PublicationRefused."""
    row = SelfHelpApproval.objects.select_for_update().get(pk=row.pk)
    verb = next(
        (
            v
            for v in (APPROVE_VERB, EDIT_VERB)
            if row.municipality_id in municipalities_where(by, v)
        ),
        None,
    )
    if verb is None or row.withdrawn_at is not None:
        raise PublicationRefused(_("このカードは、取り下げられません。"))
    row.withdrawn_at = clock.now()
    row.save(update_fields=["withdrawn_at"])
    record_change(row, by, ["withdrawn_at"], verb=verb)
