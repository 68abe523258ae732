"""What can happen to a consent: it is read, decided, settled into keys, and asked anew."""

from apps.consent.services.deciding import decide, withdraw
from apps.consent.services.publishing import (
    CannotPublish,
    change_policy,
    change_programme,
    draft_next_version,
    edit_draft,
    install,
    n_linked,
    publish,
)
from apps.consent.services.reading import (
    CannotDecide,
    PurposeState,
    current_documents,
    is_effective,
    looked_at,
    note_shown,
    oldest_kept_of,
    party_of,
    receipt_of_form,
    receipts_readable_by,
    records_visible_to,
    states_for,
    students_deciding,
)
from apps.consent.services.settling import settle, settle_all

__all__ = [
    "CannotDecide",
    "CannotPublish",
    "PurposeState",
    "change_policy",
    "change_programme",
    "current_documents",
    "decide",
    "draft_next_version",
    "edit_draft",
    "install",
    "is_effective",
    "looked_at",
    "n_linked",
    "note_shown",
    "oldest_kept_of",
    "party_of",
    "publish",
    "receipt_of_form",
    "receipts_readable_by",
    "records_visible_to",
    "settle",
    "settle_all",
    "states_for",
    "students_deciding",
    "withdraw",
]
