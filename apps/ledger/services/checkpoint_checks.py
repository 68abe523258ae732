"""Verifies the signed statements: in the database, in the second place, and against the chains."""

from uuid import UUID

from django.db import connection

from apps.ledger.findings import LedgerFinding
from apps.ledger.models import ChainHead, Checkpoint
from apps.ledger.services.chains import signing_ring
from apps.ledger.services.checkpoints import (
    merged_heads,
    root_of_heads,
    statement_digest,
    statements_in_second_place,
)
from apps.ledger.signatures import InvalidSignature, verify_json


def check_checkpoints(ends, source):
    """(how many statements were read, the LedgerFindings). ``ends``: {chain: (seq, link)}."""
    rows = {row.pk: row for row in Checkpoint.objects.all()}
    outside, ring = statements_in_second_place(), signing_ring()
    stored = {number: row.statement for number, row in rows.items()}
    merged = {**stored, **outside}
    payloads = {number: _payload(ring, statement) for number, statement in merged.items()}
    excused = _excused(payloads)
    findings = []
    for number in sorted(merged.keys() - excused):
        where = f"checkpoint {number}"
        if number not in stored:
            findings.append(LedgerFinding(where, "is gone from the database"))
        elif rows[number].copied_at is not None and number not in outside:
            findings.append(LedgerFinding(where, "is gone from the second place"))
        elif number in outside and outside[number] != stored[number]:
            findings.append(LedgerFinding(where, "differs from the second place"))
        if number in rows and payloads[number] and not _matches(rows[number], payloads[number]):
            findings.append(LedgerFinding(where, "its time or count is not what was signed"))
    findings += _follow(merged, payloads, excused, ends, source)
    return len(stored), findings + list(_signed_marks(payloads, excused))


def _payload(ring, statement):
    try:
        return verify_json(ring, statement)
    except InvalidSignature:
        return None


def _excused(payloads):
    """The numbers of statements that a later, signed acknowledgement of a rollback gives up."""
    found = set()
    for number, statement in payloads.items():
        if statement and "rollback" in statement and statement["number"] == number:
            found |= set(range(statement["rollback"]["to"] + 1, number))
    return found & payloads.keys()


def _matches(row, statement):
    return int(row.made_at.timestamp()) == statement["at"] and row.n_entries == statement["entries"]


def _follow(merged, payloads, excused, ends, source):
    """LedgerFindings in the statements themselves; the second place takes precedence over the
    database.
    """
    heads, before, findings = {}, "", []
    for number in sorted(merged):
        where, payload = f"checkpoint {number}", payloads[number]
        if payload is None:
            findings.append(LedgerFinding(where, "its signature is not ours"))
            continue
        if number in excused:
            continue
        if payload["number"] != number or payload["before"] != before:
            findings.append(LedgerFinding(where, "does not follow from the one before"))
        if "rollback" in payload:
            heads = {}
        heads = merged_heads([{"heads": heads}, payload])
        if payload["root"] != root_of_heads(heads):
            findings.append(LedgerFinding(where, "its root is not that of its heads"))
        before = statement_digest(merged[number])
        findings += _entries_seen_then(where, payload["heads"], ends, source)
    return findings


def _signed_marks(payloads, excused):
    """Chains marked as signed further than any statement says: their tail would stay unsigned."""
    statements = [
        payloads[number] for number in sorted(payloads.keys() - excused) if payloads[number]
    ]
    last = max((n for n, each in enumerate(statements) if "rollback" in each), default=0)
    heads = merged_heads(statements[last:])
    for head in ChainHead.objects.order_by("chain_id"):
        seq, _ = heads.get(str(head.chain_id), (0, ""))
        if head.signed_seq != seq:
            yield LedgerFinding(
                f"chain {head.chain_id}, head",
                f"is marked as signed up to {head.signed_seq}, but was signed up to {seq}",
            )


def _entries_seen_then(where, heads, ends, source):
    """Whether the entries a statement saw are still there, with the links it saw."""
    wanted = [(UUID(school), seq, link) for school, (seq, link) in heads.items()]
    with connection.cursor() as cursor:
        cursor.execute(
            source.missing,
            [list(column) for column in zip(*wanted, strict=True)] if wanted else [[], [], []],
        )
        for school, seq in cursor.fetchall():
            last = ends.get(str(school), (0,))[0]
            why = "the chain ends before it: cut" if last < seq else "it was rewritten"
            yield LedgerFinding(f"chain {school}, entry {seq}", f"{where} saw it, and {why}")
