"""Sentences that the project has added to its consent texts, and the cities whose texts lack them.

A city's text is the city's: it changes only by a version that one person drafts and a second reads.
The city's officer is told that a sentence is new, and a draft begins with it.
"""

from apps.consent.document_terms import TEXT_FIELDS
from apps.consent.models import ConsentDocument
from apps.consent.seed_documents import (
    KEPT_TO_PROTECT,
    SEED_DOCUMENTS,
    STUDENT_KEPT_TO_PROTECT,
)
from apps.people.models import User
from apps.people.permissions import cities_where

# Any wording of the exception names it.
SAYS_SO = "取り下げたあと"  # no sentence
MOST_OF_A_LINE = 200  # characters of ``kept``


def documents_behind(user: User) -> list[ConsentDocument]:
    """The texts in force in this officer's cities that lack a new sentence and have no draft."""
    cities = cities_where(user, "consent.edit")
    drafted = set(
        ConsentDocument.objects.filter(municipality__in=cities, published_at=None).values_list(
            "municipality_id", "purpose"
        )
    )
    found = ConsentDocument.objects.current().filter(municipality__in=cities)
    return [
        document
        for document in found.order_by("municipality", "purpose")
        if is_behind(document) and (document.municipality_id, document.purpose) not in drafted
    ]


def is_behind(document: ConsentDocument) -> bool:
    """Whether the project's text of this purpose says what this text does not."""
    seed = SEED_DOCUMENTS.get(document.purpose)
    return bool(seed and KEPT_TO_PROTECT in seed.kept and SAYS_SO not in document.kept)


def texts_for_draft(document: ConsentDocument) -> dict[str, str]:
    """{field: text} with which the next version begins: as it is, and the new sentences."""
    texts = {field: getattr(document, field) for field in TEXT_FIELDS}
    kept = f"{document.kept.rstrip('。')}{KEPT_TO_PROTECT}"
    if is_behind(document) and len(kept) <= MOST_OF_A_LINE:
        texts |= {
            "kept": kept,
            "student_words": f"{document.student_words.rstrip()}\n{STUDENT_KEPT_TO_PROTECT}",
        }
    return texts
