"""Ends a pending edit once its organisation is hidden, published or changed: it would be stale."""

from apps.notices.models import SupportOrganisation
from apps.people.models import PendingAct
from apps.people.services import pending_acts

CHANGE_ORGANISATION = "organisation.change"


def expire_edit(organisation: SupportOrganisation) -> None:
    """End the pending edit of this organisation, if any, in the caller's transaction."""
    acts = PendingAct.objects.open().filter(kind=CHANGE_ORGANISATION, thing_id=str(organisation.pk))
    for act in acts.select_for_update():
        pending_acts.lapse_act(act)


def has_edit_expired(organisation: SupportOrganisation) -> bool:
    """Whether the last proposed edit of this organisation ended by itself without being made."""
    acts = PendingAct.objects.filter(kind=CHANGE_ORGANISATION, thing_id=str(organisation.pk))
    last = acts.order_by("-proposed_at").first()
    return last is not None and last.stopped_at is not None and last.stopped_by_id is None
