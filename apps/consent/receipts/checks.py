"""Compares what a person reads on a receipt with the chain and with the receipt's signed proof."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import connection

from apps.audit.event_codes import ACTION_NUMBERS
from apps.audit.models import Action
from apps.consent.models import ConsentReceipt
from apps.consent.receipts.proofs import ReceiptAltered, verified_facts
from apps.consent.services.recorded_names import recorded_name
from apps.core import clock
from apps.core.batches import rows_by_key
from apps.ledger.findings import LedgerFinding
from apps.ledger.services.chains import signing_ring
from apps.ledger.services.proved_points import ProvedPoint
from apps.ledger.signatures import InvalidSignature, verify_json

RECENT = timedelta(days=2)
BATCH_SIZE = 500
# What a receipt holds twice is the same in both places.
ALTERED_RECEIPTS = """
    SELECT DISTINCT r.id FROM consent_consentreceipt r JOIN consent_consentdecision d
      ON d.receipt_id = r.id
    WHERE r.decided_at >= %(since)s AND ((r.municipality_id, r.student_id, r.party, r.decided_at)
      <> (d.municipality_id, d.student_id, d.party, d.decided_at)
      OR r.guardian_id IS DISTINCT FROM d.guardian_id) ORDER BY 1 LIMIT 100
"""
RECEIPTS_WITHOUT_DECISIONS = """
    SELECT id FROM consent_consentreceipt r WHERE decided_at >= %(since)s
    AND NOT EXISTS (SELECT FROM consent_consentdecision WHERE receipt_id = r.id) LIMIT 100
"""
# Receipts given before there were proofs have none; none given later.
RECEIPTS_WITHOUT_PROOF = """
    SELECT id FROM consent_consentreceipt
    WHERE decided_at >= %(since)s AND proof = '' AND decided_at >
      (SELECT min(decided_at) FROM consent_consentreceipt WHERE proof <> '') LIMIT 100
"""
# A tail cut off before any checkpoint saw it still shows in the audit record.
MISSING_RECEIPTS = """
    SELECT DISTINCT CASE octet_length(a.thing_id) WHEN 16 THEN encode(a.thing_id, 'hex')::uuid::text
      ELSE encode(a.thing_id, 'escape') END FROM audit_auditevent a
      WHERE a.action = %(action)s AND a.at >= %(since)s
      AND NOT EXISTS (SELECT FROM consent_consentreceipt r WHERE uuid_send(r.id) = a.thing_id)
      LIMIT 100
"""
# The latest decision is found by id: ids grow with the numbers of the chain.
MISORDERED_DECISIONS = """
    SELECT school_id, seq FROM (SELECT school_id, seq, id,
      lag(id) OVER (PARTITION BY school_id ORDER BY seq) AS before
      FROM consent_consentdecision d {after}) d
    WHERE id <= before ORDER BY 1, 2 LIMIT 100
"""
AFTER_A_POINT = """JOIN unnest(%(chains)s::uuid[], %(seqs)s::int[]) AS s(chain, last)
  ON d.school_id = s.chain AND d.seq >= s.last"""
BEGINNING = datetime(1, 1, 2, tzinfo=UTC)
MARGIN = timedelta(hours=1)  # longer than a decision takes from its time to its commit


def check_receipts(*, newest_only: bool, point: ProvedPoint | None = None) -> list:
    """The LedgerFindings about receipts; checks all signatures, or only the newest.

    With a ``point``, about the receipts after it.
    """
    values = {"since": BEGINNING, "action": ACTION_NUMBERS[Action.CONSENT_DECIDED]}
    if point is not None:
        values["since"] = point.moment - MARGIN
        values["chains"] = [UUID(chain) for chain in point.ends]
        values["seqs"] = [seq for seq, _ in point.ends.values()]
    misordered = MISORDERED_DECISIONS.format(after="" if point is None else AFTER_A_POINT)
    return [
        *_found(ALTERED_RECEIPTS, values, "receipt {}", "is not what its decisions say (changed)"),
        *_found(
            RECEIPTS_WITHOUT_DECISIONS, values, "receipt {}", "has no decision any more (deleted)"
        ),
        *_found(RECEIPTS_WITHOUT_PROOF, values, "receipt {}", "has lost its proof (changed)"),
        *_found(MISSING_RECEIPTS, values, "receipt {}", "was given, and is gone (deleted)"),
        *_found(
            misordered,
            values,
            "school {}, entry {}",
            "its id does not follow from the one before",
        ),
        *_unproved(newest_only),
    ]


def _found(statement, params, where, what):
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return [LedgerFinding(where.format(*row), what) for row in cursor.fetchall()]


def _unproved(newest_only):
    receipts = ConsentReceipt.objects.prefetch_related("decisions__document")
    newest = (
        receipts.filter(decided_at__gte=clock.now() - RECENT).order_by("pk").iterator(BATCH_SIZE)
    )
    ring = signing_ring()
    for receipt in newest if newest_only else rows_by_key(receipts, BATCH_SIZE):
        if not _is_proved(ring, receipt):
            yield LedgerFinding(f"receipt {receipt.pk}", "is not what was signed when it was given")


def _is_proved(ring, receipt):
    try:
        verified_facts(receipt)
        signed = verify_json(ring, receipt.proof) if receipt.proof else {}
    except (ReceiptAltered, InvalidSignature, KeyError, ObjectDoesNotExist):
        return False
    if receipt.name_digest and not recorded_name(receipt):
        return False  # altered, or sealed by a key no longer in the ring
    is_old = "form" not in signed  # given before the form was signed too
    return is_old or (signed["receipt"], signed["form"]) == (str(receipt.pk), str(receipt.form_key))
