"""What a receipt proves, and its short signed proof."""

from apps.ledger.services.chains import signing_ring
from apps.ledger.signatures import json_digest, sign_json


def facts_to_sign(receipt, answers, documents):
    """What a receipt proves: who decided for whom, when, about which documents; JSON-able.

    ``answers`` is {purpose: response}, ``documents`` {purpose: ConsentDocument}. A receipt that
    keeps the child's name also holds the name's digest; older receipts do not.
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


def sign_receipt(receipt_facts, form_key):
    """The short signed proof of a receipt: its number, time and form, and the digest of its facts."""
    identity = {key: receipt_facts[key] for key in ("receipt", "at")}
    return sign_json(
        signing_ring(), {**identity, "form": str(form_key), "digest": json_digest(receipt_facts)}
    )
