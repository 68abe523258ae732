"""What can happen to a consent: it is read, decided, settled into keys, and asked anew."""

from apps.consent.services.deciding import decide, withdraw
from apps.consent.services.publishing import (
    CannotPublish,
    change_policy,
    draft_next_version,
    install,
    publish,
)
from apps.consent.services.reading import (
    CannotDecide,
    PurposeState,
    current_documents,
    is_effective,
    looked_at,
    note_shown,
    party_of,
    receipt_of_form,
    receipts_readable_by,
    states_for,
    students_deciding,
)
from apps.consent.services.settling import settle, settle_all

__all__ = [
    "CannotDecide",
    "CannotPublish",
    "PurposeState",
    "change_policy",
    "current_documents",
    "decide",
    "draft_next_version",
    "install",
    "is_effective",
    "looked_at",
    "note_shown",
    "party_of",
    "publish",
    "receipt_of_form",
    "receipts_readable_by",
    "settle",
    "settle_all",
    "states_for",
    "students_deciding",
    "withdraw",
]
