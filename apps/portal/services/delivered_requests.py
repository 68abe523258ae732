"""Help requests that waited on a tablet: opened here, above the two apps they concern."""

import logging

from django.db import DatabaseError

from apps.checkins.services.delivery_keys import CannotOpenItem, DeliveryKeyDamaged, open_item
from apps.checkins.services.late_deliveries import LateDeliveryState
from apps.core.json_input import read_json
from apps.core.municipality_scope import across_municipalities
from apps.helpline import tickets
from apps.helpline.forms import HelpRequestForm
from apps.helpline.services import duty_rosters, help_requests, transitions
from apps.people.models import Student

log = logging.getLogger(__name__)


@across_municipalities
def deliver_help_requests(items):
    """The LateDeliveryState of each SealedItem, in order. Never raises for an item's content."""
    return [_deliver(item) for item in items]


def _deliver(item):
    try:
        content = dict(read_json(open_item(item)))
        student_id, form_key, opened_at = tickets.read_ticket(str(content.get("ticket")))
    except DeliveryKeyDamaged:
        return LateDeliveryState.LATER
    except (CannotOpenItem, tickets.BadHelpTicket, ValueError, TypeError) as error:
        log.info("a delivered help request was refused: %s", type(error).__name__)
        return LateDeliveryState.REFUSED
    student = Student.objects.enrolled().filter(pk=student_id).first()
    form = _form(student, content.get("answers"), form_key) if form_key == item.client_key else None
    if student is None or form is None or not form.is_valid():
        return LateDeliveryState.REFUSED
    return _send(student, form.cleaned_data, opened_at)


def _form(student, answers, form_key):
    """The form as the page had it; a person who is no longer listed becomes だれでも いい."""
    data = {**(answers if isinstance(answers, dict) else {}), "form_key": form_key}
    listed = duty_rosters.listed_people_by_school(student.school_id) if student else []
    form = HelpRequestForm(data, listed=listed, has_route=True)
    if "wanted" in form.errors:
        form = HelpRequestForm({**data, "wanted": "anyone"}, has_route=True)
    return form


def _send(student, help_request, opened_at):
    try:
        help_requests.send_help_request(student=student, opened_at=opened_at, **help_request)
        return LateDeliveryState.KEPT
    except (transitions.HelplineNotOpen, transitions.OutsideLinesOnly):
        return LateDeliveryState.REFUSED
    except (transitions.CannotChangeRequest, DatabaseError) as error:
        log.warning("a delivered help request must wait: %s", type(error).__name__)
        return LateDeliveryState.LATER
