"""Who has had a student's card in hand: no word of theirs says that the student chose the PIN."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from apps.signin.models import LoginCard


def had_card_of(student_ids: Iterable[UUID], account_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the students of whom one of the accounts has ever made or printed a card.

    A card that was renewed counts too: the PIN chosen with it is kept.
    """
    accounts = list(account_ids)
    mine = Q(issued_by__in=accounts) | Q(printings__sheet__printed_by__in=accounts)
    cards = LoginCard.objects.filter(mine, student__in=list(student_ids))
    return set(cards.values_list("student_id", flat=True))
