"""Appends decisions to the chain of their school, each receipt with its proof."""

from apps.consent.models import ConsentDecision
from apps.core.sql_batches import insert_rows
from apps.core.time_zone import microseconds
from apps.ledger import hash_chain
from apps.ledger.entry_source import EntrySource
from apps.ledger.services import chains

CANONICAL_FORM = "1"  # of the canonical bytes


def append_decisions(receipt, answers, documents, heads=None, batch=None):
    """Append the answers ({purpose: response}) of a receipt to the chain of the student's school.

    In the caller's transaction; other writers to the same school wait until it ends. ``heads``
    ({school id: (seq, link)}) are those the caller has locked; the new head is put there.
    """
    name, key = chains.newest_chain_key()
    school_id = receipt.student.school_id
    heads = {} if heads is None else heads
    seq, before = heads.get(school_id) or chains.lock_head(school_id, batch)
    rows = []
    for purpose, response in answers.items():
        seq += 1
        row = ConsentDecision(
            municipality_id=receipt.municipality_id,
            school_id=school_id,
            seq=seq,
            link_key=name,
            receipt_id=receipt.pk,
            student_id=receipt.student_id,
            purpose=purpose,
            document_id=documents[purpose].pk,
            party=receipt.party,
            guardian_id=receipt.guardian_id,
            response=response,
            decided_at=receipt.decided_at,
        )
        body = hash_chain.canonical_bytes(chained_fields(row, receipt, documents[purpose]))
        row.link = before = hash_chain.link_digest(key, before, body)
        rows.append(row)
    insert_rows(rows, batch)
    heads[school_id] = seq, before
    chains.move_head(school_id, seq, before, batch)
    return rows


def chained_fields(decision, receipt, document):
    """The fields of a decision that the chain protects, in the order in which they are hashed."""
    return [
        CANONICAL_FORM,
        decision.seq,
        decision.school_id,
        decision.municipality_id,
        decision.receipt_id,
        decision.student_id,
        decision.purpose,
        decision.document_id,
        document.digest,
        decision.party,
        decision.guardian_id,
        decision.response,
        microseconds(decision.decided_at),
        receipt.decided_by_id,
        receipt.channel,
    ]


# The bytes of chained_fields, as PostgreSQL writes them.
CANONICAL_SQL = f"""concat_ws('|', '{CANONICAL_FORM}', d.seq, d.school_id, d.municipality_id, d.receipt_id,
  d.student_id, d.purpose, d.document_id, w.digest, d.party, coalesce(d.guardian_id::text, ''),
  d.response, (extract(epoch FROM d.decided_at) * 1000000)::bigint, r.decided_by_id, r.channel)"""
DECISION_TABLES = """FROM consent_consentdecision d
  LEFT JOIN consent_consentreceipt r ON r.id = d.receipt_id
  LEFT JOIN consent_consentdocument w ON w.id = d.document_id"""
# 512 entries a row: PostgreSQL writes the next batch while Python verifies the last.
BATCHES_OF = f"""
  SELECT h.school_id::text, h.batch, h.n, e.* FROM ({{batches}}) h CROSS JOIN LATERAL (
    SELECT min(seq), max(seq), min(link_key), max(link_key),
      convert_to(string_agg(body, E'\\n'), 'UTF8'), string_agg(link, ''::bytea)
    FROM (
      SELECT d.seq, d.link_key, d.link, {CANONICAL_SQL} AS body {DECISION_TABLES}
      WHERE d.school_id = h.school_id AND d.seq > h.after
        AND d.seq >= h.batch::bigint << 9 AND d.seq < (h.batch::bigint + 1) << 9
      ORDER BY d.seq
    ) one_by_one
  ) e ORDER BY h.school_id, h.batch"""  # noqa: S608 - our own words only
ENTRY_BATCHES = BATCHES_OF.format(
    batches="""
    SELECT school_id, seq >> 9 AS batch, count(*) AS n, -2147483648 AS after
    FROM consent_consentdecision GROUP BY 1, 2 ORDER BY 1, 2"""
)
ENTRY_BATCHES_AFTER = BATCHES_OF.format(
    batches="""
    SELECT d.school_id, d.seq >> 9 AS batch, count(*) AS n, s.after
    FROM unnest(%(chains)s::uuid[], %(seqs)s::int[]) AS s(chain, after)
    JOIN consent_consentdecision d ON d.school_id = s.chain AND d.seq > s.after
    GROUP BY d.school_id, d.seq >> 9, s.after ORDER BY 1, 2"""
)
BATCH_ENTRIES = f"""
  SELECT d.seq, d.link_key, {CANONICAL_SQL}, d.link {DECISION_TABLES}
  WHERE d.school_id = %s AND d.seq >> 9 = %s ORDER BY d.seq, d.id"""  # noqa: S608
NEWEST_ENTRY_OF_EACH_KEY = """
  SELECT d.link_key, d.school_id::text, d.seq, before.link
  FROM (SELECT max(id) AS id FROM consent_consentdecision GROUP BY link_key) newest
  JOIN consent_consentdecision d USING (id)
  LEFT JOIN consent_consentdecision before
    ON before.school_id = d.school_id AND before.seq = d.seq - 1"""
ENTRIES_NOT_THERE = """
  SELECT s.school, s.seq, s.link
  FROM unnest(%s::uuid[], %s::int[], %s::text[]) AS s(school, seq, link)
  LEFT JOIN consent_consentdecision d
    ON d.school_id = s.school AND d.seq = s.seq AND encode(d.link, 'hex') = s.link
  WHERE d.id IS NULL"""
DECISIONS = EntrySource(
    batches=ENTRY_BATCHES,
    batches_after=ENTRY_BATCHES_AFTER,
    entries=BATCH_ENTRIES,
    newest=NEWEST_ENTRY_OF_EACH_KEY,
    missing=ENTRIES_NOT_THERE,
)
