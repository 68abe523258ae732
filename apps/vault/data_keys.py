"""A data key in memory: what it seals, opens and names."""

from dataclasses import dataclass, field
from functools import cache, cached_property
from uuid import UUID

from orjson import dumps, loads

from apps.core import crypto


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
        return self._seal(dumps(value), self._places[model] + row_id.int.to_bytes(16, "big"))

    def open(self, row):
        """The value sealed in ``row``. Raises crypto.CannotUnseal, also for another's row."""
        if (row.key_id, row.student_id, row.purpose) != (self.id, self.student_id, self.purpose):
            raise crypto.CannotUnseal("The row is not of this key.")
        return self.open_bytes(type(row), row.id, bytes(row.sealed))

    def open_bytes(self, model, row_id, sealed):
        """The value that these bytes seal in the row ``row_id`` (UUID) of a SealedRow ``model``."""
        if sealed[:1] == crypto.VERSION:
            return loads(crypto.opener(self.cipher)(sealed, self._place_of_old(model, row_id)))
        return loads(self._open(sealed, self._places[model] + row_id.int.to_bytes(16, "big")))

    @cached_property
    def _seal(self):
        return crypto.sealer(self.cipher, crypto.ROW_VERSION)

    @cached_property
    def _open(self):
        return crypto.opener(self.cipher, crypto.ROW_VERSION)

    @cached_property
    def cipher(self):
        return crypto.cipher(self.raw)

    @cached_property
    def _places(self):
        """What binds a ciphertext to its place except its row's id: table, purpose, student, key."""
        return _Places(self.purpose.encode() + b"|" + self.student_id.bytes + self.id.bytes)

    def _place_of_old(self, model, row_id):
        key_place = f"|{self.student_id}|{self.purpose}|{self.id}"
        return _table(model) + f"|{row_id}{key_place}".encode()

    @cached_property
    def _digesting(self):
        return crypto.derive(self.raw, "digest")

    def digest(self, text):
        """A name for ``text`` that means nothing once this key is destroyed (32 bytes)."""
        return crypto.keyed_name(self._digesting, text)


class RowSealer:
    """Names and seals many rows of one model under one DataKey, quickly.

    ``space`` separates the names given here from names under the same key elsewhere.
    """

    def __init__(self, key, model, space):
        self.key = key
        self._cipher, self._place = key.cipher, key._places[model]
        self._names = crypto.keyed_name_hash(key._digesting, f"{space}|".encode())
        self._contents = crypto.keyed_digest_hash(key._digesting, b"row content", self._place)

    def name(self, text):
        """The id of the one row that ``text`` names: 16 bytes of a UUID.

        RFC 9562, version 8: the bytes are of the keyed digest.
        """
        name = self._names.copy()
        name.update(text.encode())
        digest = name.finalize()
        return digest[:6] + _VERSION_8[digest[6]] + digest[7:8] + _VARIANT[digest[8]] + digest[9:16]

    def version(self, row_id, plain, plain_fields):
        """16 bytes that stand for what the row says (bytes of JSON) and for what stands beside it
        in the clear (bytes that tell their own length).
        """
        digest = self._contents.copy()
        digest.update(row_id + plain_fields + plain)
        return digest.digest()

    def seal(self, row_id, version, plain):
        """The bytes that seal ``plain`` into its row; ``version`` is what ``version`` gave for it."""
        return crypto.seal_by_digest(self._cipher, version, plain, self._place + row_id)


_VERSION_8 = [bytes([0x80 | byte & 0x0F]) for byte in range(256)]
_VARIANT = [bytes([0x80 | byte & 0x3F]) for byte in range(256)]


class _Places(dict):
    """{model: the bytes before its rows' ids}, made at the first row of each."""

    def __init__(self, key_place):
        super().__init__()
        self._key_place = key_place

    def __missing__(self, model):
        self[model] = _table(model) + b"|" + self._key_place
        return self[model]


@cache
def _table(model):
    return model._meta.db_table.encode()
