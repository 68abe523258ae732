"""Verifies the signed statements: in the database, in the second place, and against the chains.

A folder of the second place (FOLDER_SIZE statements) is in memory at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from apps.ledger.findings import LedgerFinding
from apps.ledger.models import ChainHead, Checkpoint
from apps.ledger.services.chains import signing_ring
from apps.ledger.services.checkpoints import (
    FOLDER_SIZE,
    folders_in_second_place,
    merged_heads,
    numbers_in_folder,
    root_of_heads,
    statement_digest,
    statement_in_second_place,
)
from apps.ledger.signatures import InvalidSignature, unverified_json, verify_json

RANGES_NOT_THERE = """
SELECT s.chain, s.seq, s.link FROM unnest(%s::uuid[], %s::int[], %s::text[]) AS s(chain, seq, link)
LEFT JOIN ledger_chainedrange r
  ON r.chain_id = s.chain AND r.seq = s.seq AND encode(r.link, 'hex') = s.link
WHERE r.id IS NULL"""


@dataclass
class CheckedStatements:
    """How many statements were read, the LedgerFindings, and where the last one leaves off."""

    n_read: int
    findings: list[LedgerFinding]
    number: int = 0
    digest: str = ""
    heads: dict = field(default_factory=dict)


@dataclass(frozen=True)
class StoredStatements:
    """The statements of one folder: {number: row} of the database, {number: text} outside."""

    rows: dict[int, Checkpoint]
    outside: dict[int, str]

    def text(self, number: int) -> str:
        """The statement of a number; the second place takes precedence over the database."""
        return self.outside[number] if number in self.outside else self.rows[number].statement


def check_checkpoints(ends, source, point=None, row_chains=frozenset()) -> CheckedStatements:
    """Check the statements, with a ProvedPoint those after it. ``ends``: {chain: (seq, link)}.

    ``row_chains`` are the chains of chained rows (ids as text), the others those of the ``source``.
    """
    begun = point or CheckedStatements(0, [])
    checked = CheckedStatements(0, [], begun.number, begun.digest, begun.heads)
    given_up = _given_up(begun.number)
    is_there = not begun.number
    for stored in _folders(begun.number):
        numbers = sorted(stored.rows.keys() | stored.outside.keys())
        checked.n_read += len(stored.rows)
        if begun.number in numbers:
            numbers.remove(begun.number)
            is_there = begun.digest == statement_digest(stored.text(begun.number))
        payloads = {number: _payload(stored.text(number)) for number in numbers}
        excused = {n for n in numbers if any(to < n < by for to, by in given_up)}
        checked.findings += _compared_places(stored, payloads, excused)
        live = [each for number, each in payloads.items() if each and number not in excused]
        gone = _missing_entries(live, source, row_chains)
        for number in numbers:
            digest = statement_digest(stored.text(number))
            _follow(checked, number, payloads[number], digest, number in excused)
            if payloads[number] and number not in excused:
                checked.findings += _entries_seen_then(number, payloads[number], ends, gone)
    if not is_there:
        where = f"checkpoint {begun.number}"
        checked.findings.insert(0, LedgerFinding(where, "is not the one proved before"))
    checked.findings += _signed_marks(checked.heads)
    return checked


def _folders(since: int) -> Iterator[StoredStatements]:
    """The statements from the number ``since`` on, a folder after the other."""
    for first, end, numbers in _folder_numbers(since):
        rows = Checkpoint.objects.filter(pk__gte=first, pk__lt=end)
        outside = {number: statement_in_second_place(number) for number in numbers}
        yield StoredStatements({row.pk: row for row in rows}, outside)


def _folder_numbers(since: int) -> Iterator[tuple[int, int, list[int]]]:
    """(first number, the one after the last, numbers in the second place) of each folder."""
    newest = Checkpoint.objects.order_by("-pk").values_list("pk", flat=True).first()
    begin, outside = since // FOLDER_SIZE, folders_in_second_place()
    inside = range(begin, newest // FOLDER_SIZE + 1) if newest is not None else ()
    for folder in sorted({*(each for each in outside if each >= begin), *inside}):
        numbers = [n for n in numbers_in_folder(folder) if n >= since]
        yield max(since, folder * FOLDER_SIZE), (folder + 1) * FOLDER_SIZE, numbers


def _given_up(since: int) -> list[tuple[int, int]]:
    """(the last number that stays, the number of the acknowledgement) of each rollback after ``since``.

    Of statements that stand in the second place alone those are read, too.
    """
    found = []
    for first, end, numbers in _folder_numbers(since + 1):
        rows = Checkpoint.objects.filter(pk__gte=first, pk__lt=end)
        stored = dict(rows.values_list("pk", "statement"))
        for number in numbers:
            if number not in stored:
                stored[number] = statement_in_second_place(number)
        found += [each for number, text in stored.items() for each in _rollback(number, text)]
    return found


def _rollback(number: int, statement: str) -> list[tuple[int, int]]:
    """What a statement gives up: none or one (see _given_up). Few say it, so few are verified."""
    if "rollback" not in unverified_json(statement):
        return []
    payload = _payload(statement)
    if payload is None or payload["number"] != number:
        return []
    return [(payload["rollback"]["to"], number)]


def _payload(statement: str) -> dict[str, Any] | None:
    try:
        return verify_json(signing_ring(), statement)
    except InvalidSignature:
        return None


def _compared_places(stored, payloads, excused):
    """What differs between the two places, and between a row and what it signs."""
    rows, outside = stored.rows, stored.outside
    for number in sorted(payloads.keys() - excused):
        where = f"checkpoint {number}"
        if number not in rows:
            yield LedgerFinding(where, "is gone from the database")
        elif rows[number].copied_at is not None and number not in outside:
            yield LedgerFinding(where, "is gone from the second place")
        elif number in outside and outside[number] != rows[number].statement:
            yield LedgerFinding(where, "differs from the second place")
        if number in rows and payloads[number] and not _matches(rows[number], payloads[number]):
            yield LedgerFinding(where, "its time or count is not what was signed")


def _matches(row, statement):
    return int(row.made_at.timestamp()) == statement["at"] and row.n_entries == statement["entries"]


def _follow(checked, number, payload, digest, is_excused):
    """Let one statement follow those before it: its findings, its heads and its digest."""
    where = f"checkpoint {number}"
    checked.number = number
    if payload is None:
        checked.findings.append(LedgerFinding(where, "its signature is not ours"))
        return
    if is_excused:
        return
    if payload["number"] != number or payload["before"] != checked.digest:
        checked.findings.append(LedgerFinding(where, "does not follow from the one before"))
    before = {} if "rollback" in payload else checked.heads
    checked.heads = merged_heads([{"heads": before}, payload])
    if payload["root"] != root_of_heads(checked.heads):
        checked.findings.append(LedgerFinding(where, "its root is not that of its heads"))
    checked.digest = digest


def _signed_marks(heads):
    """Chains marked as signed further than any statement says: their tail would stay unsigned."""
    for head in ChainHead.objects.order_by("chain_id"):
        seq, _ = heads.get(str(head.chain_id), (0, ""))
        if head.signed_seq != seq:
            yield LedgerFinding(
                f"chain {head.chain_id}, head",
                f"is marked as signed up to {head.signed_seq}, but was signed up to {seq}",
            )


def _missing_entries(payloads, source, row_chains):
    """{(chain, seq, link)} of the entries that statements saw and that are not there: two queries."""
    seen = {
        (chain, seq, link)
        for payload in payloads
        for chain, (seq, link) in payload["heads"].items()
    }
    chained = {entry for entry in seen if entry[0] in row_chains}
    return _not_there(source.missing, seen - chained) | _not_there(RANGES_NOT_THERE, chained)


def _not_there(statement, entries):
    if not entries:
        return set()
    chains, seqs, links = map(list, zip(*entries, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(statement, [[UUID(chain) for chain in chains], seqs, links])
        return {(str(chain), seq, link) for chain, seq, link in cursor.fetchall()}


def _entries_seen_then(number, payload, ends, gone):
    """Whether the entries a statement saw are still there, with the links it saw."""
    where = f"checkpoint {number}"
    for chain, (seq, link) in sorted(payload["heads"].items()):
        if (chain, seq, link) in gone:
            last = ends.get(chain, (0,))[0]
            why = "the chain ends before it: cut" if last < seq else "it was rewritten"
            yield LedgerFinding(f"chain {chain}, entry {seq}", f"{where} saw it, and {why}")
