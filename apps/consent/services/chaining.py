"""Decisions appended to the chain of their school, each receipt with its proof."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django.conf import settings

from apps.consent import ledger
from apps.consent.models import ConsentDecision
from apps.consent.signatures import digest, sign
from apps.core.rows import ask, insert_rows, write
from apps.vault.crypto import KeyRing

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FORM = "1"  # of the canonical bytes


def signing_ring():
    """The signing keys of the environment. Raises crypto.BadKeyRing."""
    return _parsed(settings.SIGNING_KEYS)


_parsed = lru_cache(maxsize=4)(KeyRing.parse)


def append(receipt, answers, documents, heads=None):
    """Append the answers ({purpose: response}) of a receipt to the chain of the student's school.

    In the caller's transaction; whoever else appends to the same school waits until it ends.
    ``heads`` ({school id: (seq, link)}) are those the caller holds already; it learns the new one.
    """
    name, seed = signing_ring().keys[0]
    key, school_id = ledger.chain_key(seed), receipt.student.school_id
    heads = {} if heads is None else heads
    seq, before = heads.get(school_id) or _locked_head(school_id)
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
        body = ledger.canonical(fields_of(row, receipt, documents[purpose]))
        row.link = before = ledger.link(key, before, body)
        rows.append(row)
    insert_rows(rows)
    heads[school_id] = seq, before
    write(
        "UPDATE consent_ledgerhead SET seq = %s, link = %s WHERE school_id = %s",
        [seq, before, school_id],
    )
    return rows


def fields_of(decision, receipt, document):
    """What the chain vouches for of one decision, in the order in which it is hashed."""
    return [
        FORM,
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
        (decision.decided_at - EPOCH) // timedelta(microseconds=1),
        receipt.decided_by_id,
        receipt.channel,
    ]


def facts(receipt, answers, documents):
    """What a receipt proves: who spoke for whom, when, about which words; JSON-able.

    ``answers`` is {purpose: response}, ``documents`` {purpose: ConsentDocument}. A receipt that
    keeps the child's name says its digest too; an older one is what it always was.
    """
    named = {"name": receipt.name_digest} if receipt.name_digest else {}
    return {
        "receipt": str(receipt.pk),
        "student": str(receipt.student_id),
        "party": str(receipt.party),
        "guardian": str(receipt.guardian_id or ""),
        "channel": str(receipt.channel),
        "at": int(receipt.decided_at.timestamp()),
        "answers": {
            str(purpose): {
                "response": str(response),
                "document": str(documents[purpose].pk),
                "version": documents[purpose].version,
                "digest": documents[purpose].digest,
            }
            for purpose, response in answers.items()
        },
        **named,
    }


def proof(receipt_facts, form_key):
    """The short signed proof of a receipt's facts: its number, time and form, and their digest."""
    said = {key: receipt_facts[key] for key in ("receipt", "at")}
    return sign(signing_ring(), {**said, "form": str(form_key), "digest": digest(receipt_facts)})


def _locked_head(school_id):
    """(seq, link) of the newest entry of a school; a chain without entries gets its head first."""
    held = ("SELECT seq, link FROM consent_ledgerhead WHERE school_id = %s FOR UPDATE", [school_id])
    made = (
        "INSERT INTO consent_ledgerhead (school_id, seq, link, signed_seq) "
        "VALUES (%s, 0, %s, 0) ON CONFLICT DO NOTHING RETURNING 1",
        [school_id, ledger.GENESIS],
    )
    (head,) = ask(held)
    if not head:
        _, head = ask(made, held)
    return head[0]
