"""Fields that say the same in fewer bytes, for tables with millions of rows.

Python, queries and pages see the same values as with Django's own fields.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models

UNKNOWN_NUMBER = -1  # of a code without a number: found nowhere, refused when stored


class CodeField(models.Field):
    """A code of a known list, stored as its number in two bytes.

    ``numbers`` is {code: number}: what a number once meant it means for ever. The database's comment
    on the column says it too (``numbers_in_words``). A check must refuse UNKNOWN_NUMBER.
    """

    def __init__(self, *args: Any, numbers: Mapping[str, int], **options: Any):
        self.numbers = dict(numbers)
        self._codes = {number: code for code, number in self.numbers.items()}
        super().__init__(*args, **options)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, args, options | {"numbers": self.numbers}

    def get_internal_type(self) -> str:
        return "SmallIntegerField"

    def to_python(self, value: Any) -> Any:
        return value if value is None else str(value)

    def get_prep_value(self, value: Any) -> int | None:
        value = super().get_prep_value(value)
        return value if value is None else self.numbers.get(str(value), UNKNOWN_NUMBER)

    def from_db_value(self, value: int | None, *_: Any) -> str | None:
        return value if value is None else self._codes[value]


def numbers_in_words(numbers: Mapping[str, int]) -> str:
    """What the numbers of a CodeField mean, for the comment on its column."""
    return "; ".join(f"{number} {code or '(none)'}" for code, number in numbers.items())


class IdentifierField(models.Field):
    """The id of a row of any table, as text; a UUID is stored in sixteen bytes."""

    def get_internal_type(self) -> str:
        return "BinaryField"

    def to_python(self, value: Any) -> Any:
        return value if value is None else str(value)

    def get_prep_value(self, value: Any) -> Any:
        return self.to_python(super().get_prep_value(value))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        text = super().get_db_prep_value(value, connection, prepared)
        return text if text is None else connection.Database.Binary(packed_identifier(text))

    def from_db_value(self, value: bytes | None, *_: Any) -> str | None:
        return value if value is None else unpacked_identifier(bytes(value))


def packed_identifier(text: str) -> bytes:
    """The bytes that an IdentifierField stores for a text."""
    try:
        uuid = UUID(text)
    except ValueError:
        uuid = None
    if uuid is not None and str(uuid) == text:
        return uuid.bytes
    plain = text.encode()
    return plain + b"\0" if len(plain) == len(UUID(int=0).bytes) else plain  # not to be a UUID's


def unpacked_identifier(data: bytes) -> str:
    """The text of what an IdentifierField stores."""
    return str(UUID(bytes=data)) if len(data) == 16 else data.removesuffix(b"\0").decode()


class SparseArrayField(ArrayField):
    """A list that is empty in most rows: the empty list is stored as null."""

    def __init__(self, *args: Any, **options: Any):
        options.setdefault("null", True)
        options.setdefault("default", list)
        super().__init__(*args, **options)

    def get_internal_type(self) -> str:
        return "ArrayField"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(value or None, connection, prepared)

    def from_db_value(self, value: list | None, *_: Any) -> list:
        return value or []
