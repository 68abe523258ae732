"""Receipts that others can check: exported, signed, and verified without a sign-in."""

import json
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.consent.models import Party, Programme, Purpose
from apps.consent.receipts.facts import facts_to_sign
from apps.consent.receipts.formats import (
    Controller,
    ReceiptFacts,
    ReceiptItem,
    iso27560_record,
    kantara_receipt,
)
from apps.consent.services.recorded_names import RecordedNameAltered, check_recorded_name
from apps.consent.words import purpose_name
from apps.core.languages import PageLanguage, speaking
from apps.ledger.services.chains import signing_ring
from apps.ledger.signatures import (
    InvalidSignature,
    json_digest,
    public_key_set,
    sign_json,
    verify_json,
)

EXPORT_SCHEMAS = (
    "kaga-portal/receipt-1",
    "kaga-portal/receipt-2",
)  # without, with the digest of a name
MAX_CHARACTERS = 100_000  # characters of a pasted receipt; the longest of ours has about 20,000


class ReceiptAltered(Exception):
    """The stored rows of a receipt differ from what was signed when it was given."""


class ReceiptNotGenuine(Exception):
    """The text is no receipt of the portal; the message is a sentence for the person."""


@dataclass(frozen=True)
class GenuineReceipt:
    """What a genuine receipt states: number, time (UNIX seconds), and its facts if pasted whole."""

    number: str
    at: int
    facts: dict | None


def export_receipt(receipt):
    """The whole receipt as one JSON-able dict: facts, both standard forms, proof and signature.

    Raises ReceiptAltered where the rows differ from what was signed when the decision was taken.
    """
    facts = verified_facts(receipt)
    with speaking(PageLanguage.JA):  # its documents are, and it says so
        full = _full_facts(receipt)
    document = {
        "schema": EXPORT_SCHEMAS["name" in facts],
        "facts": facts,
        "proof": receipt.proof,
        "kantara": kantara_receipt(full),
        "iso27560": iso27560_record(full),
        "keys": settings.PORTAL_URL + reverse("consent:keys"),
    }
    stamp = {"receipt": facts["receipt"], "at": facts["at"], "whole": json_digest(document)}
    return {**document, "signature": sign_json(signing_ring(), stamp)}


def verified_facts(receipt):
    """The facts of a receipt, compared with its proof. Raises ReceiptAltered."""
    decisions = sorted(receipt.decisions.all(), key=lambda decision: decision.pk)
    facts = facts_to_sign(
        receipt,
        {decision.purpose: decision.response for decision in decisions},
        {decision.purpose: decision.document for decision in decisions},
    )
    if receipt.proof:  # receipts older than proofs have none
        try:
            signed = verify_json(signing_ring(), receipt.proof)
        except InvalidSignature as error:
            raise ReceiptAltered(f"Receipt {receipt.pk}: proof does not verify.") from error
        if signed["digest"] != json_digest(facts):
            raise ReceiptAltered(f"Receipt {receipt.pk}: rows differ from what was signed.")
    try:
        check_recorded_name(receipt)
    except RecordedNameAltered as error:
        raise ReceiptAltered(str(error)) from error
    return facts


def check_receipt(shown):
    """What a pasted receipt (JSON) or a scanned proof (JWS) proves. Raises ReceiptNotGenuine.

    Reads no table: the answer holds only what was in the input.
    """
    shown = shown.strip()
    if len(shown) > MAX_CHARACTERS:
        raise ReceiptNotGenuine(_("長すぎます。受付のJSONを、ひとつだけ入れてください。"))
    if not shown:
        raise ReceiptNotGenuine(_("受付のJSONか、署名の文字を入れてください。"))
    try:
        return _check_whole(json.loads(shown)) if shown.startswith("{") else _check_proof(shown)
    except InvalidSignature as error:
        raise ReceiptNotGenuine(
            _("加賀ポータルの署名がありません。内容が変えられているかもしれません。")
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ReceiptNotGenuine(
            _("受付のJSONとして読めません。はじめから終わりまで入れてください。")
        ) from error


def public_receipt_keys():
    """The public keys with which anybody can check a receipt (JWK set, RFC 7517)."""
    return public_key_set(signing_ring())


def proof_url(receipt):
    """The address in the QR code of a printed receipt; "" where there is no proof."""
    if not receipt.proof:
        return ""
    return settings.PORTAL_URL + reverse("consent:check_proof", args=[receipt.proof])


def _check_proof(token):
    facts = verify_json(signing_ring(), token)
    if not {"receipt", "at", "digest"} <= facts.keys():
        raise InvalidSignature("Signed, but not a receipt.")
    return GenuineReceipt(facts["receipt"], facts["at"], None)


def _check_whole(document):
    stamp = verify_json(signing_ring(), document.pop("signature"))
    if stamp["whole"] != json_digest(document):
        raise InvalidSignature("Changed after it was signed.")
    return GenuineReceipt(stamp["receipt"], stamp["at"], document["facts"])


def _full_facts(receipt):
    programme = Programme.objects.filter(municipality=receipt.municipality_id).first()
    name = receipt.municipality.name
    return ReceiptFacts(
        receipt=str(receipt.pk),
        student=str(receipt.student_id),
        party=Party(receipt.party).value,
        channel=receipt.channel,
        decided_at=receipt.decided_at,
        programme=programme.title if programme else name,
        controller=Controller(
            name,
            *(getattr(programme, field, "") for field in ("contact", "address", "email", "phone")),
        ),
        policy_url=settings.PORTAL_URL
        + reverse("consent:documents", args=[receipt.municipality.code]),
        withdraw_url=settings.PORTAL_URL + reverse("consent:overview", args=[receipt.student_id]),
        ends_on=str(programme.ends_on) if programme else "",
        items=tuple(_item(d) for d in receipt.decisions.select_related("document").order_by("pk")),
    )


def _item(decision):
    document = decision.document
    return ReceiptItem(
        purpose=Purpose(decision.purpose).value,
        name=purpose_name(decision.purpose),
        response=decision.response,
        what=document.what,
        source=document.source,
        recipients=document.recipients,
        kept=document.kept,
        aim=document.aim,
        version=document.version,
        document=str(document.pk),
    )
