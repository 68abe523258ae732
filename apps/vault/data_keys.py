"""A data key in memory: what it seals, opens and names."""

import hmac
from dataclasses import dataclass, field
from functools import cache, cached_property
from uuid import UUID

import orjson

from apps.vault import crypto


@dataclass(frozen=True)
class DataKey:
    """An unwrapped key, in memory only while a transaction writes."""

    id: UUID
    student_id: UUID
    purpose: str
    raw: bytes = field(repr=False)

    def seal(self, row, value):
        """Fill ``row`` (a SealedRow, not yet saved) with ``value`` (JSON-able) under this key."""
        row.student_id, row.purpose, row.key_id = self.student_id, self.purpose, self.id
        row.sealed = self.sealed(type(row), row.id, value)
        return row

    def sealed(self, model, row_id, value):
        """The bytes that seal ``value`` into the row ``row_id`` (UUID) of a SealedRow ``model``."""
        return self.sealed_plain(model, row_id.bytes, orjson.dumps(value))

    def sealed_plain(self, model, row_id, plain):
        """The same for an id of 16 bytes and a value that is bytes of JSON already."""
        place = self._places[model] + row_id
        return crypto.seal_with(self.cipher, plain, place, crypto.ROW_VERSION)

    def open(self, row):
        """The value sealed in ``row``. Raises crypto.CannotOpen, also for another's row."""
        if (row.key_id, row.student_id, row.purpose) != (self.id, self.student_id, self.purpose):
            raise crypto.CannotOpen("The row is not of this key.")
        sealed = bytes(row.sealed)
        if sealed[:1] == crypto.VERSION:
            return orjson.loads(crypto.open_with(self.cipher, sealed, self._place_of_old(row)))
        place = self._places[type(row)] + row.id.bytes
        return orjson.loads(crypto.open_with(self.cipher, sealed, place, crypto.ROW_VERSION))

    @cached_property
    def cipher(self):
        return crypto.cipher(self.raw)

    @cached_property
    def _places(self):
        """What binds a ciphertext to its place but for its row's id: table, purpose, student, key."""
        return _Places(self.purpose.encode() + b"|" + self.student_id.bytes + self.id.bytes)

    def _place_of_old(self, row):
        mine = f"|{self.student_id}|{self.purpose}|{self.id}"
        return _table(type(row)) + f"|{row.pk}{mine}".encode()

    @cached_property
    def _digesting(self):
        return crypto.derive(self.raw, "digest")

    def digest(self, text):
        """A name for ``text`` that means nothing once this key is destroyed (32 bytes)."""
        return crypto.named_by(self._digesting, text)

    def digest_bytes(self, plain):
        """The same for bytes."""
        return hmac.digest(self._digesting, plain, "sha256")

    def row_id(self, text):
        """16 bytes of a UUID for the one row that ``text`` names under this key.

        RFC 9562, version 8: the bytes are of the keyed digest.
        """
        named = bytearray(crypto.named_by(self._digesting, text)[:16])
        named[6], named[8] = 0x80 | named[6] & 0x0F, 0x80 | named[8] & 0x3F
        return bytes(named)


class _Places(dict):
    """{model: the bytes before its rows' ids}, made at the first row of each."""

    def __init__(self, mine):
        super().__init__()
        self._mine = mine

    def __missing__(self, model):
        self[model] = _table(model) + b"|" + self._mine
        return self[model]


@cache
def _table(model):
    return model._meta.db_table.encode()
