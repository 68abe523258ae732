"""The staff's pages of consent."""

from apps.consent.admin import (  # noqa: F401 - they register themselves
    checkpoints,
    documents,
    guardianships,
    paper_forms,
    programmes,
    telephone_answers,
)
