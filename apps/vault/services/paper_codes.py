"""Codes printed on paper: found by a digest, sealed so that the same one can be printed again."""

from django.db import models

from apps.core import crypto
from apps.vault.models import SealedCode
from apps.vault.services.keys import key_ring
from apps.vault.services.ring_sealing import seal_column, unseal_column

CODE_FIELDS = ("code_digest", "sealed_code", "code_ring_key")


class PaperCodeState(models.TextChoices):
    """Whether the code of a row can be printed again, by what stands in the row."""

    SEALED = "sealed", "印刷できます"
    UNSEALED = "unsealed", "前のしくみで作られたため、同じ番号は印刷できません"
    KEY_MISSING = "key_missing", "番号を包んだ鍵がないため、同じ番号は印刷できません"


def seal_code(row: SealedCode, code: str) -> None:
    """Put the digest of ``code`` and the code itself, sealed, into the row (not saved)."""
    row.code_digest = key_ring().blind_indexes(row.code_label, code)[0]
    seal_column(row, code.encode())


def seal_found_code(row: SealedCode, code: str) -> None:
    """Seal and digest a code that was just typed under the newest key, if it is not yet.

    Saves the row. This is how a digest older than sealing moves off an older key.
    """
    if row.sealed_code is None or row.code_ring_key != key_ring().newest:
        seal_code(row, code)
        row.save(update_fields=CODE_FIELDS)


def open_code(row: SealedCode) -> str | None:
    """The code of the row; None where it cannot be read (no seal, no key, damaged bytes)."""
    if row.sealed_code is None:
        return None
    try:
        return unseal_column(row).decode()
    except crypto.CannotUnseal:
        return None


def code_state(row: SealedCode) -> PaperCodeState:
    """Whether the row's code can be printed again, without opening it."""
    if row.sealed_code is None:
        return PaperCodeState.UNSEALED
    known = {name for name, _ in key_ring().keys}
    return PaperCodeState.SEALED if row.code_ring_key in known else PaperCodeState.KEY_MISSING
