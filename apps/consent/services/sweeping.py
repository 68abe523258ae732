"""The clock's work on consent: changes whose day is over, then the keys of everybody."""

from apps.consent.services.ending_ties import follow_endings
from apps.consent.services.erasures import replay_erasures
from apps.consent.services.pending_changes import carry_out_due
from apps.consent.services.settling import settle_everybody
from apps.consent.services.standing_changes import follow_acts
from apps.consent.services.telephone import lapse_unconfirmed


def settle_all():
    """Carry out the changes that are due, then settle the keys; the number of keys that changed.

    First what a restored database has to be told again: no key may be made for what had ended.
    """
    replay_erasures()
    carry_out_due()
    follow_acts()
    follow_endings()
    lapse_unconfirmed()
    return settle_everybody()
