"""A receipt as a PDF of one or two pages, to print and keep. Layout only."""

from apps.core.pdf import BODY, HEAD, TITLE, PdfDocument


def receipt_pdf(
    *, title, facts, answers_title, answers, notes, proof_address, proof_words
) -> bytes:
    """The bytes of the PDF.

    ``facts`` and ``answers`` are rows of two plain texts, ``notes`` sentences; ``proof_address``
    goes into the QR code ("" for none) beside ``proof_words``.
    """
    paper = PdfDocument(title)
    paper.text(title, TITLE, after=4)
    for name, value in facts:
        paper.row(name, value)
    paper.text(answers_title, HEAD, before=5)
    for name, value in answers:
        paper.row(name, value)
    for n, note in enumerate(notes):
        paper.text(f"・{note}", BODY, before=4 if n == 0 else 0)  # no sentence
    if proof_address:
        paper.gap(6)
        paper.code(proof_address, proof_words)
    return paper.content()
