"""The periodic work on consent: changes that are due, then the keys of everybody."""

from apps.consent.services.erasures import replay_erasures
from apps.consent.services.guardianship_ends import carry_out_guardianship_ends
from apps.consent.services.mass_reconciliation import reconcile_all_students
from apps.consent.services.policy_changes import carry_out_due_changes
from apps.consent.services.standing_changes import carry_out_standing_changes
from apps.consent.services.telephone_answers import lapse_unconfirmed_calls


def reconcile_all():
    """Carry out the changes that are due, then reconcile the keys; the number of keys that changed.

    First the erasures that a restored database does not know: no key may be made for what had
    ended.
    """
    replay_erasures()
    carry_out_due_changes()
    carry_out_standing_changes()
    carry_out_guardianship_ends()
    lapse_unconfirmed_calls()
    return reconcile_all_students()
