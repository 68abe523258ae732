"""The clock's work on consent: changes whose day is over, then the keys of everybody."""

from apps.consent.services.pending_changes import carry_out_due
from apps.consent.services.settling import settle_everybody


def settle_all():
    """Carry out the changes that are due, then settle the keys; the number of keys that changed."""
    carry_out_due()
    return settle_everybody()
