"""Sealing one column of a row under the newest key of the ring, and opening it again."""

from apps.core import crypto
from apps.vault import sealed_text
from apps.vault.key_ring_columns import RingColumn
from apps.vault.services.keys import key_ring


def seal_column(row, plain: bytes, sealed: str = "") -> None:
    """Put ``plain`` sealed into the row (not saved); ``sealed`` names one of several columns."""
    column = ring_column(type(row), sealed)
    if column.key:
        name, data = key_ring().wrap(plain, column.place_of(row).encode())
        setattr(row, column.key, name)
    else:
        data = sealed_text.seal(plain.decode(), column.place_of(row))
    setattr(row, column.sealed, data)


def unseal_column(row, sealed: str = "") -> bytes:
    """What is sealed in the row. Raises crypto.CannotUnseal: no such key, changed, or moved here."""
    column = ring_column(type(row), sealed)
    stored = getattr(row, column.sealed)
    if column.key:
        place = column.place_of(row).encode()
        return key_ring().unwrap(getattr(row, column.key), bytes(stored or b""), place)
    if not (stored or "").startswith(sealed_text.SEALED_PREFIX):
        raise crypto.CannotUnseal("This text is not sealed.")
    return sealed_text.unseal(stored, column.place_of(row)).encode()


def ring_column(model, sealed: str = "") -> RingColumn:
    """The RingColumn that a model declares under this name, or its only one."""
    found = [each for each in model.ring_columns if sealed in ("", each.sealed)]
    if len(found) != 1:
        raise ValueError(f"{model.__name__} has {len(found)} such columns.")
    return found[0]
