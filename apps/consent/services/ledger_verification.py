"""Verifies the whole ledger of decisions: chains, heads, documents, receipts and checkpoints."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from apps.consent.document_terms import document_digest
from apps.consent.models import ConsentDocument
from apps.consent.receipts.checks import check_receipts
from apps.consent.services.decision_chain import DECISIONS
from apps.core import clock
from apps.ledger.findings import LedgerFinding
from apps.ledger.services import verification
from apps.ledger.services.checkpoint_checks import check_checkpoints
from apps.ledger.services.proved_points import ProvedPoint, keep_point, point_to_begin_with


@dataclass(frozen=True)
class LedgerVerdict:
    """What was verified, and the findings; without findings the ledger is whole."""

    n_entries: int
    n_chains: int
    n_checkpoints: int
    findings: list


def verify_ledger(*, newest_only: bool = False) -> LedgerVerdict:
    """Verify the whole ledger; the verdict names the first broken entry of each chain.

    ``newest_only``, for the periodic run: of what was proved as a whole at night only the last day's
    is proved again, and receipt signatures of the last two days. Where anything is found, all is.

    Reads one snapshot of the database (REPEATABLE READ) and the statements of the second place.
    """
    point = point_to_begin_with() if newest_only else None
    if point is not None and not (verdict := _verified(point, newest_only=True)[0]).findings:
        return verdict
    verdict, reached = _verified(None, newest_only=newest_only)
    if newest_only and not verdict.findings:
        keep_point(reached)
    return verdict


def _verified(point, *, newest_only):
    """(LedgerVerdict of what came after a ProvedPoint, of everything without one; the point reached)."""
    outermost, at = not connection.in_atomic_block, clock.now()
    with transaction.atomic():
        if outermost:
            verification.read_one_snapshot()
        ends, findings = verification.verify_chains(DECISIONS, point)
        findings += [*_documents(), *check_receipts(newest_only=newest_only, point=point)]
        checked = check_checkpoints(ends, DECISIONS, point)
    verdict = LedgerVerdict(
        sum(seq for seq, _ in ends.values()), len(ends), checked.n_read, findings + checked.findings
    )
    reached = ProvedPoint(
        int(at.timestamp()), {chain: (seq, link.hex()) for chain, (seq, link) in ends.items()},
        checked.number, checked.digest, checked.heads,
    )  # fmt: skip
    return verdict, reached


def signing_key_problems() -> Iterator[str]:
    """Sentences (English, for the terminal) about signing keys that this environment lacks."""
    return verification.signing_key_problems(DECISIONS)


def _documents():
    for document in ConsentDocument.objects.published().order_by("pk"):
        if document_digest(document) != document.digest:
            yield LedgerFinding(f"document {document.pk}", "the published words were changed")
