"""Staff pages for consent: policies, documents, decisions, paper forms, telephone answers."""

from apps.consent.admin import (  # noqa: F401 - they register themselves
    checkpoints,
    documents,
    guardianships,
    paper_forms,
    programmes,
    telephone_answers,
)
