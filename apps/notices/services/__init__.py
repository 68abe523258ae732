"""Publishing notices, finding whom they reach, and saying which places can be reached now."""

from apps.notices.services.counting import Reach, handed_out, reach, reach_rows
from apps.notices.services.directory import (
    Place,
    change_organisation,
    install_known_organisations,
    municipality_for,
    overdue_for,
    place_now,
    places_for,
    publish_organisation,
    verify,
    week_of,
    withdraw_organisation,
)
from apps.notices.services.inbox import (
    InboxItem,
    Past,
    inbox_for,
    mark_opened,
    mark_shown,
    newest_for,
    notices_for,
    past_for,
    withdrawn_for,
)
from apps.notices.services.paper import classes_of, hand_out, not_signed_in
from apps.notices.services.publishing import (
    publish,
    publish_due,
    start_correction,
    withdraw,
)
from apps.notices.services.rules import CannotPublish, may_address, seal_of, waiting_for
from apps.notices.services.writing import submit, take_back, write

__all__ = [
    "CannotPublish",
    "InboxItem",
    "Past",
    "Place",
    "Reach",
    "change_organisation",
    "classes_of",
    "hand_out",
    "handed_out",
    "inbox_for",
    "install_known_organisations",
    "mark_opened",
    "mark_shown",
    "may_address",
    "municipality_for",
    "newest_for",
    "not_signed_in",
    "notices_for",
    "overdue_for",
    "past_for",
    "place_now",
    "places_for",
    "publish",
    "publish_due",
    "publish_organisation",
    "reach",
    "reach_rows",
    "seal_of",
    "start_correction",
    "submit",
    "take_back",
    "verify",
    "waiting_for",
    "week_of",
    "withdraw",
    "withdraw_organisation",
    "withdrawn_for",
    "write",
]
