"""The text and terms of a document version as one digest: what a person agreed to."""

from apps.ledger.signatures import json_digest
from apps.people.models import Role

TEXT_FIELDS = (
    "question", "what", "what_not", "source", "recipients", "kept", "aim",
    "student_question", "student_words",
)  # fmt: skip
DECIDER_FIELDS = ("decider", "alone_from_age")
TERM_FIELDS = ("readers", "kept_days", *DECIDER_FIELDS)  # the terms of a document, as data


def document_digest(document):
    """The digest (43 characters) of a document's text and terms.

    Documents of the first digest format leave out who decides: they were agreed to before that
    belonged to the terms, and their digests stand in the ledger.
    """
    fields = [*TEXT_FIELDS, *TERM_FIELDS]
    if document.digest_form < 2:
        fields = [field for field in fields if field not in DECIDER_FIELDS]
    terms = {field: getattr(document, field) for field in fields}
    terms["readers"] = sorted(terms["readers"])
    return json_digest({"purpose": document.purpose, "version": document.version, **terms})


def why_readers_differ(recipients, readers):
    """How the phrase ``recipients`` differs from the roles in ``readers``; "" when it does not."""
    for role in Role:
        is_named, is_meant = str(role.label) in recipients, role.value in readers
        if is_meant and not is_named:
            return f"「だれが見る」の文に、{role.label}がありません。"
        if is_named and not is_meant:
            return f"「だれが見る」の文にある{role.label}が、内容を開ける立場に入っていません。"
    return ""
