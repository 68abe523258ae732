"""What a version of the words says, in one value: what a person agreed to."""

from apps.consent.signatures import digest

WORDS = (
    "question", "what", "what_not", "source", "recipients", "kept", "aim",
    "student_question", "student_words",
)  # fmt: skip
TERMS = ("readers", "kept_days")  # what the words promise, as data


def digest_of(document):
    """The digest (43 characters) of a document's words and terms."""
    said = {field: getattr(document, field) for field in (*WORDS, *TERMS)}
    said["readers"] = sorted(said["readers"])
    return digest({"purpose": document.purpose, "version": document.version, **said})
