"""The name of a child as it was when a record about them was made: kept with it, sealed.

A record may be read by somebody who is no guardian any more. A name that the child took later is
none of theirs, so no record is shown with a name read from the roster of today.
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
    """The name kept with a receipt is not the one that was signed."""


def seal_name(row: NamedRecord, student: Student, *, only_given: bool = False) -> None:
    """Seal the student's name of today into a row that is not saved yet.

    Of a receipt also the digest of what was sealed (with a salt: it tells nobody the name), so that
    its facts, which are signed, cover the name and still name nobody. ``only_given``: for who may
    not know more than the letter says.
    """
    family = "" if only_given else f"{student.family_name} "
    name = f"{family}{student.given_name}"  # full_name would note a page that shows it
    plain = orjson.dumps({"name": name, "salt": secrets.token_hex(16)})
    seal_column(row, plain)
    if isinstance(row, ConsentReceipt):
        row.name_digest = hashlib.sha256(plain).hexdigest()


def recorded_name(row: NamedRecord) -> str:
    """The name kept with a row; "" where none is kept, or it does not open."""
    try:
        return _opened(row)
    except (RecordedNameAltered, CannotUnseal):
        return ""


def check_recorded_name(receipt: ConsentReceipt) -> None:
    """Raises ChangedName where the kept name is not the one whose digest was signed.

    A name whose ring key was taken out of the environment says nothing: it is not shown.
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
    """The name, or "". Raises CannotOpen, ChangedName."""
    is_receipt = isinstance(row, ConsentReceipt)
    if is_receipt and not row.name_digest:
        return ""  # given before names were kept: no digest of it was signed
    if not is_receipt and not row.sealed_name:
        return ""
    plain = unseal_column(row)
    if is_receipt and hashlib.sha256(plain).hexdigest() != row.name_digest:
        raise RecordedNameAltered(f"Receipt {row.pk}: another name than the one that was signed.")
    return orjson.loads(plain)["name"]
