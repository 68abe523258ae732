"""Verifies the whole ledger of decisions: chains, heads, documents, receipts and checkpoints."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from apps.consent.document_terms import document_digest
from apps.consent.models import ConsentDocument
from apps.consent.receipts.checks import check_receipts
from apps.consent.services.decision_chain import DECISIONS
from apps.ledger.findings import LedgerFinding
from apps.ledger.services import verification
from apps.ledger.services.checkpoint_checks import check_checkpoints


@dataclass(frozen=True)
class LedgerVerdict:
    """What was verified, and the findings; without findings the ledger is whole."""

    n_entries: int
    n_chains: int
    n_checkpoints: int
    findings: list


def verify_ledger(*, newest_only: bool = False) -> LedgerVerdict:
    """Verify the whole ledger; the verdict names the first broken entry of each chain.

    ``newest_only``: check only receipt signatures of the last two days, for the periodic run.

    Reads one snapshot of the database (REPEATABLE READ) and every statement of the second place.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            verification.read_one_snapshot()
        ends, findings = verification.verify_chains(DECISIONS)
        findings += [*_documents(), *check_receipts(newest_only=newest_only)]
        n_checkpoints, more = check_checkpoints(ends, DECISIONS)
    return LedgerVerdict(
        sum(seq for seq, _ in ends.values()), len(ends), n_checkpoints, findings + more
    )


def signing_key_problems() -> Iterator[str]:
    """Sentences (English, for the terminal) about signing keys that this environment lacks."""
    return verification.signing_key_problems(DECISIONS)


def _documents():
    for document in ConsentDocument.objects.published().order_by("pk"):
        if document_digest(document) != document.digest:
            yield LedgerFinding(f"document {document.pk}", "the published words were changed")
