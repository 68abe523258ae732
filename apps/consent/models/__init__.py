"""The tables of consent."""

from apps.consent.models.answers_needed import AnswerNeeded
from apps.consent.models.certificates import (
    ConsentMessage,
    DeletionCertificate,
    DeletionCount,
    ExplanationRequest,
    SweepMark,
)
from apps.consent.models.choices import (
    Channel,
    ConfirmedBy,
    Decider,
    EndReason,
    IdentifiedBy,
    MessageKind,
    PaperFormState,
    Party,
    Purpose,
    Response,
    RowSource,
    SpokenBy,
    TelephoneAnswerState,
)
from apps.consent.models.decisions import (
    ConsentDecision,
    ConsentReceipt,
)
from apps.consent.models.documents import (
    ConsentDocument,
    DocumentDisplay,
    DocumentStop,
)
from apps.consent.models.paper_forms import PaperForm
from apps.consent.models.policies import Programme, PurposePolicy
from apps.consent.models.telephone_answers import TelephoneAnswer

__all__ = [
    "TelephoneAnswerState",
    "ConfirmedBy",
    "IdentifiedBy",
    "SpokenBy",
    "TelephoneAnswer",
    "AnswerNeeded",
    "Channel",
    "ConsentDecision",
    "ConsentDocument",
    "ConsentMessage",
    "ConsentReceipt",
    "Decider",
    "DeletionCertificate",
    "DeletionCount",
    "DocumentDisplay",
    "DocumentStop",
    "EndReason",
    "ExplanationRequest",
    "MessageKind",
    "PaperForm",
    "PaperFormState",
    "Party",
    "Programme",
    "Purpose",
    "PurposePolicy",
    "Response",
    "RowSource",
    "SweepMark",
]
