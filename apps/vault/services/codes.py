"""Codes handed out on paper: found by a digest, sealed so that the same one prints again."""

from dataclasses import dataclass

from django.apps import apps
from django.db import models, transaction

from apps.vault import crypto
from apps.vault.models import SealedCode
from apps.vault.services.keys import key_ring


class CodeState(models.TextChoices):
    """Whether the code of a row can be printed again, by what stands in the row."""

    SEALED = "sealed", "印刷できます"
    UNSEALED = "unsealed", "前のしくみで作られたため、同じ番号は印刷できません"
    KEY_MISSING = "key_missing", "番号を包んだ鍵がないため、同じ番号は印刷できません"


@dataclass
class Resealed:
    """What a rotation did to the codes: how many are under the newest key, how many are not."""

    done: int = 0
    unreadable: int = 0
    unsealed: int = 0


def seal_code(row: SealedCode, code: str) -> None:
    """Put the digest of ``code`` and the code itself, sealed, into the row (not saved)."""
    row.code_digest = key_ring().blind_indexes(row.code_label, code)[0]
    row.code_ring_key, row.sealed_code = key_ring().wrap(code.encode(), _context(row))


def open_code(row: SealedCode) -> str | None:
    """The code of the row; None where it cannot be read (no seal, no key, damaged bytes)."""
    if row.sealed_code is None:
        return None
    try:
        sealed = bytes(row.sealed_code)
        return key_ring().unwrap(row.code_ring_key, sealed, _context(row)).decode()
    except crypto.CannotOpen:
        return None


def code_state(row: SealedCode) -> CodeState:
    """Whether the row's code can be printed again, without opening it."""
    if row.sealed_code is None:
        return CodeState.UNSEALED
    known = {name for name, _ in key_ring().keys}
    return CodeState.SEALED if row.code_ring_key in known else CodeState.KEY_MISSING


def reseal_codes(limit: int = 200) -> Resealed:
    """Seal and digest every code anew under the newest key of the ring, ``limit`` a transaction.

    A code that cannot be opened stays as it is and is counted: it never stops the others.
    """
    total = Resealed()
    for model in apps.get_models():
        if not issubclass(model, SealedCode):
            continue
        total.unsealed += model.objects.filter(sealed_code=None).count()
        last = None
        while (last := _reseal_some(model, last, limit, total)) is not None:
            pass
    return total


@transaction.atomic
def _reseal_some(model, after, limit, total):
    """Reseal the next rows; the id of the last one looked at, None at the end."""
    stale = model.objects.exclude(sealed_code=None).exclude(code_ring_key=key_ring().newest)
    if after is not None:
        stale = stale.filter(pk__gt=after)
    rows = list(stale.order_by("pk").select_for_update(of=("self",))[:limit])
    opened = [(row, open_code(row)) for row in rows]
    fit = [(row, code) for row, code in opened if code is not None]
    for row, code in fit:
        seal_code(row, code)
    model.objects.bulk_update(
        [row for row, _ in fit], ["code_digest", "sealed_code", "code_ring_key"]
    )
    total.done += len(fit)
    total.unreadable += len(rows) - len(fit)
    return rows[-1].pk if rows else None


def _context(row):
    return f"code|{row._meta.label_lower}|{row.pk}".encode()
