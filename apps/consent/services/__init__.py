"""What can happen to a consent: it is read, decided, settled into keys, and asked anew."""

from apps.consent.services.checkpoints import make_checkpoint
from apps.consent.services.deciding import decide, withdraw
from apps.consent.services.proving import (
    Broken,
    NotGenuine,
    check_receipt,
    checked_facts,
    export,
    proof_address,
    public_keys,
)
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
    words_in_force,
)
from apps.consent.services.settling import settle, settle_all
from apps.consent.services.verifying import verify_ledger

__all__ = [
    "Broken",
    "CannotDecide",
    "CannotPublish",
    "NotGenuine",
    "PurposeState",
    "change_policy",
    "change_programme",
    "check_receipt",
    "checked_facts",
    "current_documents",
    "decide",
    "draft_next_version",
    "edit_draft",
    "export",
    "install",
    "is_effective",
    "looked_at",
    "make_checkpoint",
    "n_linked",
    "note_shown",
    "oldest_kept_of",
    "party_of",
    "proof_address",
    "public_keys",
    "publish",
    "receipt_of_form",
    "receipts_readable_by",
    "records_visible_to",
    "settle",
    "settle_all",
    "states_for",
    "students_deciding",
    "verify_ledger",
    "withdraw",
    "words_in_force",
]
