"""The whole ledger proved: every chain, every head, every checkpoint, here and in the second place."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from apps.consent import ledger
from apps.consent.models import ConsentDocument, LedgerCheckpoint, LedgerHead
from apps.consent.services.chaining import FORM, signing_ring
from apps.consent.services.checkpoints import (
    digest_of_statement,
    heads_of,
    place_of,
    root_of,
    second_place,
)
from apps.consent.services.wording import digest_of
from apps.consent.signatures import NotOurs, verify

# The bytes of apps.consent.services.chaining.fields_of, as PostgreSQL writes them.
CANONICAL = f"""concat_ws('|', '{FORM}', d.seq, d.school_id, d.municipality_id, d.receipt_id,
  d.student_id, d.purpose, d.document_id, w.digest, d.party, coalesce(d.guardian_id::text, ''),
  d.response, (extract(epoch FROM d.decided_at) * 1000000)::bigint, r.decided_by_id, r.channel)"""
# A thousand entries to a row: PostgreSQL and Python hand over in handfuls.
ENTRIES = f"""
  SELECT string_agg(concat_ws(E'\\t', d.school_id, d.seq, d.link_key, {CANONICAL},
    encode(d.link, 'hex')), E'\\n' ORDER BY d.seq)
  FROM consent_consentdecision d
  LEFT JOIN consent_consentreceipt r ON r.id = d.receipt_id
  LEFT JOIN consent_consentdocument w ON w.id = d.document_id
  GROUP BY d.school_id, d.seq / 1000
  ORDER BY d.school_id, d.seq / 1000"""  # noqa: S608 - our own words only
HANDFULS = 20


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was written; ``where`` names the row."""

    where: str
    what: str


@dataclass(frozen=True)
class Verdict:
    """What was proved, and what was found; without findings the ledger is whole."""

    n_entries: int
    n_chains: int
    n_checkpoints: int
    findings: list


WORDS_OF_BREAKS = {
    "missing": "an entry is missing here (deleted, or the next one was moved)",
    "twice": "an entry stands here twice or out of order (inserted)",
    "changed": "the entry, its receipt or its words are not what was written (changed or inserted)",
    "unknown key": "the entry names a signing key that SIGNING_KEYS does not hold",
}


def verify_ledger():
    """Prove the whole ledger; the Verdict names the first broken entry of each chain.

    Reads one snapshot of the database (REPEATABLE READ) and every statement of the second place.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            _read_one_snapshot()
        ends, findings = _chains()
        findings += [*_heads(ends), *_documents()]
        n_checkpoints, more = _checkpoints(ends)
    return Verdict(sum(seq for seq, _ in ends.values()), len(ends), n_checkpoints, findings + more)


def _read_one_snapshot():
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _chains():
    keys = {name.encode(): ledger.chain_key(seed) for name, seed in signing_ring().keys}
    with connection.chunked_cursor() as cursor:
        cursor.execute(ENTRIES)
        ends, breaks = ledger.walk(keys, _lines(cursor))
    findings = [
        Finding(f"school {school.decode()}, entry {found.seq}", WORDS_OF_BREAKS[found.what])
        for school, found in breaks.items()
    ]
    return {school.decode(): end for school, end in ends.items()}, findings


def _lines(cursor):
    while rows := cursor.fetchmany(HANDFULS):
        for (handful,) in rows:
            for line in handful.encode().split(b"\n"):
                yield line.split(b"\t")


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


def _checkpoints(ends):
    """(how many statements were read, the Findings about them)."""
    stored = dict(LedgerCheckpoint.objects.values_list("pk", "statement"))
    copied = set(LedgerCheckpoint.objects.exclude(copied_at=None).values_list("pk", flat=True))
    outside = _outside()
    findings = []
    for number in sorted(stored.keys() | outside.keys()):
        if number not in stored:
            findings.append(Finding(f"checkpoint {number}", "is gone from the database"))
        elif number in copied and number not in outside:
            findings.append(Finding(f"checkpoint {number}", "is gone from the second place"))
        elif number in outside and outside[number] != stored[number]:
            findings.append(Finding(f"checkpoint {number}", "differs from the second place"))
    return len(stored), findings + _statements({**stored, **outside}, ends)


def _statements(statements, ends):
    """Findings in the statements themselves; the second place's word goes before the database's."""
    ring, said, before, findings = signing_ring(), [], "", []
    for number, statement in sorted(statements.items()):
        where = f"checkpoint {number}"
        try:
            payload = verify(ring, statement)
        except NotOurs:
            findings.append(Finding(where, "its signature is not ours"))
            continue
        if payload["number"] != number or payload["before"] != before:
            findings.append(Finding(where, "does not follow from the one before"))
        said.append(payload)
        if payload["root"] != root_of(heads_of(said)):
            findings.append(Finding(where, "its root is not that of its heads"))
        said = [{"heads": heads_of(said)}]
        before = digest_of_statement(statement)
        findings += _witnessed(where, payload["heads"], ends)
    return findings


def _witnessed(where, heads, ends):
    """Whether the entries a statement saw are still there, with the links it saw."""
    wanted = [(UUID(school), seq, link) for school, (seq, link) in heads.items()]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.school, s.seq FROM unnest(%s::uuid[], %s::int[], %s::text[]) "
            "AS s(school, seq, link) LEFT JOIN consent_consentdecision d "
            "ON d.school_id = s.school AND d.seq = s.seq AND encode(d.link, 'hex') = s.link "
            "WHERE d.id IS NULL ORDER BY 1",
            [list(column) for column in zip(*wanted, strict=True)] if wanted else [[], [], []],
        )
        for school, seq in cursor.fetchall():
            last = ends.get(str(school), (0,))[0]
            why = "the chain ends before it: cut" if last < seq else "it was rewritten"
            yield Finding(f"school {school}, entry {seq}", f"{where} saw it, and {why}")


def _outside():
    """{number: statement} of every checkpoint in the second place."""
    place, found = second_place(), {}
    for folder in _listed(place, "checkpoints")[0]:
        for name in _listed(place, f"checkpoints/{folder}")[1]:
            number = int(name.partition(".")[0])
            with place.open(place_of(number)) as kept:
                found[number] = kept.read().decode()
    return found


def _listed(place, folder):
    try:
        return place.listdir(folder)
    except FileNotFoundError:
        return [], []
