"""The tables of disclosure."""

from apps.disclosure.models.choices import CorrectionState, CorrectionSubject
from apps.disclosure.models.corrections import (
    CORRECTION_SUBJECTS,
    CorrectionAnswer,
    CorrectionRequest,
)
from apps.disclosure.models.hidden_entries import HiddenAccessEntry
from apps.disclosure.models.unusual_looks import UnusualLook, UnusualLookKind

__all__ = [
    "CORRECTION_SUBJECTS",
    "CorrectionAnswer",
    "CorrectionRequest",
    "CorrectionState",
    "CorrectionSubject",
    "HiddenAccessEntry",
    "UnusualLook",
    "UnusualLookKind",
]
