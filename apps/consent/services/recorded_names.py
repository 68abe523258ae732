"""The child's name at the time a record was made: kept with the record, sealed.

A record may be read by somebody who is no longer a guardian and may not learn a later name, so no
record is shown with a name read from today's roster.
"""

import hashlib
import secrets

import orjson

from apps.consent.models import ConsentMessage, ConsentReceipt, DeletionCertificate
from apps.core.crypto import CannotUnseal
from apps.people.models import Student
from apps.vault.sealed_text import ring_key_of
from apps.vault.services.keys import key_ring
from apps.vault.services.ring_sealing import seal_column, unseal_column

NamedRecord = ConsentReceipt | DeletionCertificate | ConsentMessage


class RecordedNameAltered(Exception):
    """The name stored with a receipt is not the one that was signed."""


def seal_name(row: NamedRecord, student: Student, *, given_name_only: bool = False) -> None:
    """Seal the student's name of today into a row that is not saved yet.

    A receipt also gets the salted digest of the sealed name, so that its signed facts cover the
    name without containing it. ``given_name_only``: for people who may know no more than the letter
    says.
    """
    family = "" if given_name_only else f"{student.family_name} "
    name = f"{family}{student.given_name}"  # full_name would record that a page shows it
    plain = orjson.dumps({"name": name, "salt": secrets.token_hex(16)})
    seal_column(row, plain)
    if isinstance(row, ConsentReceipt):
        row.name_digest = hashlib.sha256(plain).hexdigest()


def recorded_name(row: NamedRecord) -> str:
    """The name stored with a row; "" where none is stored, or it cannot be opened."""
    try:
        return _opened(row)
    except (RecordedNameAltered, CannotUnseal):
        return ""


def check_recorded_name(receipt: ConsentReceipt) -> None:
    """Raises RecordedNameAltered where the stored name is not the one whose digest was signed.

    A name whose ring key is no longer in the environment proves nothing: it is not shown.
    """
    if not receipt.name_digest:
        return
    ring_key = ring_key_of(receipt.sealed_name)
    if ring_key and ring_key not in {name for name, _ in key_ring().keys}:
        return
    try:
        _opened(receipt)
    except CannotUnseal as error:
        raise RecordedNameAltered(f"Receipt {receipt.pk}: its name does not open.") from error


def _opened(row):
    """The name, or "". Raises CannotUnseal, RecordedNameAltered."""
    is_receipt = isinstance(row, ConsentReceipt)
    if is_receipt and not row.name_digest:
        return ""  # older than recorded names: no digest of it was signed
    if not is_receipt and not row.sealed_name:
        return ""
    plain = unseal_column(row)
    if is_receipt and hashlib.sha256(plain).hexdigest() != row.name_digest:
        raise RecordedNameAltered(f"Receipt {row.pk}: another name than the one that was signed.")
    return orjson.loads(plain)["name"]
