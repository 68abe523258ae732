"""The whole ledger proved: every chain, every head, every checkpoint, here and in the second place."""

from dataclasses import dataclass

import psycopg
from django.db import connection, transaction

from apps.consent import ledger
from apps.consent.models import ConsentDocument, LedgerHead
from apps.consent.services.chaining import FORM, signing_ring
from apps.consent.services.findings import Finding
from apps.consent.services.receipt_checks import check_receipts
from apps.consent.services.statement_checks import check_statements
from apps.consent.services.wording import digest_of

# The bytes of apps.consent.services.chaining.fields_of, as PostgreSQL writes them.
CANONICAL = f"""concat_ws('|', '{FORM}', d.seq, d.school_id, d.municipality_id, d.receipt_id,
  d.student_id, d.purpose, d.document_id, w.digest, d.party, coalesce(d.guardian_id::text, ''),
  d.response, (extract(epoch FROM d.decided_at) * 1000000)::bigint, r.decided_by_id, r.channel)"""
JOINED = """FROM consent_consentdecision d
  LEFT JOIN consent_consentreceipt r ON r.id = d.receipt_id
  LEFT JOIN consent_consentdocument w ON w.id = d.document_id"""
# 512 entries to a row: PostgreSQL writes the next handful while Python proves the last.
HANDFULS = f"""
  SELECT h.school_id::text, h.handful, h.n, e.* FROM (
    SELECT school_id, seq >> 9 AS handful, count(*) AS n
    FROM consent_consentdecision GROUP BY 1, 2 ORDER BY 1, 2
  ) h CROSS JOIN LATERAL (
    SELECT min(seq), max(seq), min(link_key), max(link_key),
      convert_to(string_agg(body, E'\\n'), 'UTF8'), string_agg(link, ''::bytea)
    FROM (
      SELECT d.seq, d.link_key, d.link, {CANONICAL} AS body {JOINED}
      WHERE d.school_id = h.school_id
        AND d.seq >= h.handful::bigint << 9 AND d.seq < (h.handful::bigint + 1) << 9
      ORDER BY d.seq
    ) one_by_one
  ) e ORDER BY h.school_id, h.handful"""  # noqa: S608 - our own words only
ENTRIES = f"""
  SELECT d.seq, d.link_key, {CANONICAL}, d.link {JOINED}
  WHERE d.school_id = %s AND d.seq >> 9 = %s ORDER BY d.seq, d.id"""  # noqa: S608


@dataclass(frozen=True)
class Verdict:
    """What was proved, and what was found; without findings the ledger is whole."""

    n_entries: int
    n_chains: int
    n_checkpoints: int
    findings: list


NEWEST = """
  SELECT d.link_key, d.school_id::text, d.seq, before.link
  FROM (SELECT max(id) AS id FROM consent_consentdecision GROUP BY link_key) newest
  JOIN consent_consentdecision d USING (id)
  LEFT JOIN consent_consentdecision before
    ON before.school_id = d.school_id AND before.seq = d.seq - 1"""
WORDS_OF_BREAKS = {
    "missing": "an entry is missing here (deleted, or the next one was moved)",
    "twice": "an entry stands here twice or out of order (inserted)",
    "changed": "the entry, its receipt or its words are not what was written (changed or inserted)",
    "unknown key": "the entry names a signing key that SIGNING_KEYS does not hold",
}


def verify_ledger(*, newest_only=False):
    """Prove the whole ledger; the Verdict names the first broken entry of each chain.

    ``newest_only``: of the receipts' signatures those of the last two days alone, for the clock.

    Reads one snapshot of the database (REPEATABLE READ) and every statement of the second place.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            _read_one_snapshot()
        ends, findings = _chains()
        findings += [*_heads(ends), *_documents(), *check_receipts(newest_only=newest_only)]
        n_checkpoints, more = check_statements(ends)
    return Verdict(sum(seq for seq, _ in ends.values()), len(ends), n_checkpoints, findings + more)


def what_hinders():
    """Sentences (English, for the terminal) about signing keys that this environment lacks.

    One entry written under each key is proved: a ring that lost a key, or holds another one under
    its id, is found before anybody is given a receipt that nobody can check.
    """
    keys = {name: ledger.chain_key(seed) for name, seed in signing_ring().keys}
    with connection.cursor() as cursor:
        cursor.execute(NEWEST)
        samples = cursor.fetchall()
    for key_id, school, seq, before in samples:
        if key_id not in keys:
            yield f"SIGNING_KEYS lacks the key {key_id!r}: decisions of the ledger need it."
            continue
        doubt = ledger.Doubt(school, seq >> 9, seq, bytes(before or ledger.GENESIS))
        entry = [entry for entry in _entries(doubt) if entry.seq == seq]
        if ledger.first_break(keys, seq, doubt.before, entry):
            yield (
                f"SIGNING_KEYS holds another key under the id {key_id!r} than before, "
                "or the ledger was changed: run verify_ledger."
            )


def _read_one_snapshot():
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _chains():
    keys = {name: ledger.chain_key(seed) for name, seed in signing_ring().keys}
    # Not Django's cursor: only psycopg's own takes bytes as bytes, while the next are written.
    with psycopg.Cursor(connection.connection) as cursor:
        handfuls = map(ledger.Handful._make, cursor.stream(HANDFULS, binary=True))
        ends, doubts = ledger.walk(keys, handfuls)
    return ends, list(_breaks(keys, doubts))


def _breaks(keys, doubts):
    """The Finding of the first break of each chain about which there is a doubt."""
    broken = set()
    for doubt in doubts:
        if doubt.chain is None or doubt.number is None:
            yield Finding("a decision of no school or number", WORDS_OF_BREAKS["twice"])
        elif doubt.chain not in broken and (
            found := ledger.first_break(keys, doubt.wanted, doubt.before, _entries(doubt))
        ):
            broken.add(doubt.chain)
            where = f"school {doubt.chain}, entry {found.seq}"
            yield Finding(where, WORDS_OF_BREAKS[found.what])


def _entries(doubt):
    with connection.cursor() as cursor:
        cursor.execute(ENTRIES, [doubt.chain, doubt.number])
        for seq, key_id, body, link in cursor.fetchall():
            yield ledger.Entry(seq, key_id, body.encode(), bytes(link))


def _heads(ends):
    heads = {str(h.school_id): (h.seq, bytes(h.link)) for h in LedgerHead.objects.all()}
    for school in sorted(heads.keys() | ends.keys()):
        if heads.get(school) != ends.get(school):
            yield Finding(
                f"school {school}, head",
                f"the newest entry is {ends.get(school, (0,))[0]}, "
                f"but {heads.get(school, (0,))[0]} were written (the tail was cut or added to)",
            )


def _documents():
    for document in ConsentDocument.objects.published().order_by("pk"):
        if digest_of(document) != document.digest:
            yield Finding(f"document {document.pk}", "the published words were changed")
