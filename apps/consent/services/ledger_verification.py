"""Verifies the whole ledger: decisions, documents, receipts, chained audit events and checkpoints."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from apps.consent.document_terms import document_digest
from apps.consent.models import ConsentDocument
from apps.consent.receipts.checks import check_receipts
from apps.consent.services.decision_chain import DECISIONS
from apps.core import clock
from apps.ledger.audit_rows import AUDIT_EVENTS
from apps.ledger.findings import LedgerFinding
from apps.ledger.services import verification
from apps.ledger.services.checkpoint_checks import check_checkpoints
from apps.ledger.services.proved_points import ProvedPoint, keep_point, point_to_begin_with
from apps.ledger.services.row_chain_checks import row_key_problems, verify_rows


@dataclass(frozen=True)
class LedgerVerdict:
    """What was verified, and the findings; without findings the ledger is whole.

    ``n_rows``: how many chained audit events were read.
    """

    n_entries: int
    n_chains: int
    n_checkpoints: int
    findings: list
    n_rows: int = 0


def verify_ledger(
    *, newest_only: bool = False, progress: Callable[[int], Any] = lambda n_rows: None
) -> LedgerVerdict:
    """Verify the whole ledger; the verdict names the first broken entry of each chain.

    ``newest_only``, for the periodic run: of what was proved as a whole at night only the last day's
    is proved again, and receipt signatures of the last two days. Where anything is found, all is.

    Reads one snapshot of the database (REPEATABLE READ) and the statements of the second place.
    ``progress`` is called again and again with how many audit events were read.
    """
    point = point_to_begin_with() if newest_only else None
    if point is not None and not (verdict := _verified(point, newest_only=True)[0]).findings:
        return verdict
    verdict, reached = _verified(None, newest_only=newest_only, progress=progress)
    if newest_only and not verdict.findings:
        keep_point(reached)
    return verdict


def _verified(point, *, newest_only, progress=lambda n_rows: None):
    """(LedgerVerdict of what came after a ProvedPoint, of everything without one; the point reached)."""
    outermost, at = not connection.in_atomic_block, clock.now()
    with transaction.atomic():
        if outermost:
            verification.read_one_snapshot()
        rows = verify_rows(AUDIT_EVENTS, point, progress)
        row_ends = {str(AUDIT_EVENTS.chain_id): rows.end}
        ends, findings = verification.verify_chains(DECISIONS, point, row_ends)
        findings += [*_documents(), *check_receipts(newest_only=newest_only, point=point)]
        checked = check_checkpoints(ends, DECISIONS, point, row_chains=frozenset(row_ends))
    decided = [seq for chain, (seq, _) in ends.items() if chain not in row_ends]
    verdict = LedgerVerdict(
        sum(decided), len(decided), checked.n_read, rows.findings + findings + checked.findings,
        rows.n_rows,
    )  # fmt: skip
    reached = ProvedPoint(
        int(at.timestamp()), {chain: (seq, link.hex()) for chain, (seq, link) in ends.items()},
        checked.number, checked.digest, checked.heads,
    )  # fmt: skip
    return verdict, reached


def signing_key_problems() -> Iterator[str]:
    """Sentences (English, for the terminal) about signing keys that this environment lacks."""
    yield from verification.signing_key_problems(DECISIONS)
    yield from row_key_problems(AUDIT_EVENTS)


def _documents():
    for document in ConsentDocument.objects.published().order_by("pk"):
        if document_digest(document) != document.digest:
            yield LedgerFinding(f"document {document.pk}", "the published words were changed")
