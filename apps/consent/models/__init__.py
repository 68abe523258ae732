"""The nouns of consent."""

from apps.consent.models.answers_needed import AnswerNeeded
from apps.consent.models.corrections import (
    CorrectionAnswer,
    CorrectionRequest,
    CorrectionState,
)
from apps.consent.models.decisions import (
    ConsentDecision,
    ConsentReceipt,
    LedgerCheckpoint,
    LedgerHead,
)
from apps.consent.models.documents import (
    ConsentDocument,
    DocumentShown,
    DocumentStop,
)
from apps.consent.models.endings import (
    ConsentMessage,
    DeletionCertificate,
    DeletionCount,
    EndedBy,
    ExplanationWish,
    MessageKind,
    SweepMark,
)
from apps.consent.models.looks import HiddenLook
from apps.consent.models.paper import PaperForm, PaperState
from apps.consent.models.policy import (
    Channel,
    Decider,
    Party,
    Programme,
    Purpose,
    PurposePolicy,
    Response,
)
from apps.consent.models.telephone import (
    CallState,
    ConfirmedBy,
    KnownBy,
    Spoke,
    TelephoneAnswer,
)

__all__ = [
    "CallState",
    "ConfirmedBy",
    "KnownBy",
    "Spoke",
    "TelephoneAnswer",
    "AnswerNeeded",
    "Channel",
    "ConsentDecision",
    "ConsentDocument",
    "ConsentMessage",
    "ConsentReceipt",
    "Decider",
    "CorrectionAnswer",
    "CorrectionRequest",
    "CorrectionState",
    "DeletionCertificate",
    "DeletionCount",
    "DocumentShown",
    "DocumentStop",
    "EndedBy",
    "ExplanationWish",
    "HiddenLook",
    "LedgerCheckpoint",
    "LedgerHead",
    "MessageKind",
    "PaperForm",
    "PaperState",
    "Party",
    "Programme",
    "Purpose",
    "PurposePolicy",
    "Response",
    "SweepMark",
]
