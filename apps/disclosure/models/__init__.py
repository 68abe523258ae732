"""The tables of disclosure."""

from apps.disclosure.models.corrections import (
    CorrectionAnswer,
    CorrectionRequest,
    CorrectionState,
)
from apps.disclosure.models.hidden_entries import HiddenAccessEntry

__all__ = ["CorrectionAnswer", "CorrectionRequest", "CorrectionState", "HiddenAccessEntry"]
