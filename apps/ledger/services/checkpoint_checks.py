"""Verifies the signed statements: in the database, in the second place, and against the chains."""

from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class CheckedStatements:
    """How many statements were read, the LedgerFindings, and where the last one leaves off."""

    n_read: int
    findings: list[LedgerFinding]
    number: int = 0
    digest: str = ""
    heads: dict = field(default_factory=dict)


def check_checkpoints(ends, source, point=None) -> CheckedStatements:
    """Check the statements, with a ProvedPoint those after it. ``ends``: {chain: (seq, link)}."""
    begun = point or CheckedStatements(0, [])
    rows = {row.pk: row for row in Checkpoint.objects.filter(pk__gte=begun.number)}
    outside, ring = statements_in_second_place(begun.number), signing_ring()
    stored = {number: row.statement for number, row in rows.items()}
    merged = {**stored, **outside}
    findings = []
    if begun.number and begun.digest != statement_digest(merged.pop(begun.number, "")):
        findings.append(LedgerFinding(f"checkpoint {begun.number}", "is not the one proved before"))
    payloads = {number: _payload(ring, statement) for number, statement in merged.items()}
    excused = _excused(payloads)
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
    more, heads, digest = _follow(merged, payloads, excused, ends, source, begun)
    findings += [*more, *_signed_marks(payloads, excused, begun.heads)]
    return CheckedStatements(len(rows), findings, max(merged, default=begun.number), digest, heads)


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


def _follow(merged, payloads, excused, ends, source, begun):
    """(LedgerFindings in the statements themselves, the heads and the digest after the last one).

    The second place takes precedence over the database.
    """
    heads, before, findings = begun.heads, begun.digest, []
    gone = _missing_entries(
        [payload for number, payload in payloads.items() if payload and number not in excused],
        source,
    )
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
        findings += _entries_seen_then(where, payload["heads"], ends, gone)
    return findings, heads, before


def _signed_marks(payloads, excused, before):
    """Chains marked as signed further than any statement says: their tail would stay unsigned."""
    statements = [
        payloads[number] for number in sorted(payloads.keys() - excused) if payloads[number]
    ]
    last = max((n for n, each in enumerate(statements) if "rollback" in each), default=None)
    heads = merged_heads([{"heads": before}, *statements] if last is None else statements[last:])
    for head in ChainHead.objects.order_by("chain_id"):
        seq, _ = heads.get(str(head.chain_id), (0, ""))
        if head.signed_seq != seq:
            yield LedgerFinding(
                f"chain {head.chain_id}, head",
                f"is marked as signed up to {head.signed_seq}, but was signed up to {seq}",
            )


def _missing_entries(payloads, source):
    """{(chain, seq, link)} of the entries that statements saw and that are not there: one query."""
    seen = {
        (chain, seq, link)
        for payload in payloads
        for chain, (seq, link) in payload["heads"].items()
    }
    if not seen:
        return set()
    chains, seqs, links = map(list, zip(*seen, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(source.missing, [[UUID(chain) for chain in chains], seqs, links])
        return {(str(chain), seq, link) for chain, seq, link in cursor.fetchall()}


def _entries_seen_then(where, heads, ends, gone):
    """Whether the entries a statement saw are still there, with the links it saw."""
    for chain, (seq, link) in sorted(heads.items()):
        if (chain, seq, link) in gone:
            last = ends.get(chain, (0,))[0]
            why = "the chain ends before it: cut" if last < seq else "it was rewritten"
            yield LedgerFinding(f"chain {chain}, entry {seq}", f"{where} saw it, and {why}")
