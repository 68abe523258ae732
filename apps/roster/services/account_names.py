"""Names of students' school accounts, kept as keyed digests and only where a city asks for it.

No name reaches the database: each is digested while the file is read. A name that several students
have is nobody's.
"""

import hmac
import secrets
from collections.abc import Iterable, Iterator
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from apps.people.models import Municipality, Student
from apps.people.normalisation import plain_account_name
from apps.roster.models import AccountNameKey, StudentAccountName
from apps.roster.services.statements import load_statement

KEY_BYTES = 32


def keep_names_of(municipality: Municipality) -> None:
    """From the next roster on, keep the digests of this city's account names; can be repeated."""
    AccountNameKey.objects.get_or_create(
        municipality=municipality, defaults={"digest_key": secrets.token_hex(KEY_BYTES)}
    )


def forget_names_of(municipality: Municipality) -> None:
    """Delete all digests of a city's account names, and their key."""
    StudentAccountName.objects.filter(municipality=municipality).delete()
    AccountNameKey.objects.filter(municipality=municipality).delete()


def count_students_with_name(municipality: Municipality) -> int:
    """How many students of the city have an account name."""
    rows = StudentAccountName.objects.filter(municipality=municipality)
    return rows.values("student").distinct().count()


def students_named(municipality_id: UUID, names: Iterable[str]) -> set[UUID]:
    """The ids of the enrolled students who have one of these names."""
    key = _key_of(AccountNameKey.objects.filter(municipality=municipality_id))
    plain = {plain_account_name(name) for name in names} - {""}
    if key is None or not plain:
        return set()
    digests = [digest_of(key, name) for name in plain]
    found = StudentAccountName.objects.filter(
        municipality=municipality_id, digest__in=digests, student__left_at=None
    )
    return set(found.values_list("student", flat=True))


def write_staged(municipality_id: UUID) -> None:
    """Write the digests of the staged roster, in the caller's transaction."""
    if not AccountNameKey.objects.filter(municipality=municipality_id).exists():
        return
    with connection.cursor() as cursor:
        cursor.execute(load_statement("write_account_names"), {"of": municipality_id})


def key_of_code(codes: list[str]) -> bytes | None:
    """The key of the municipality with one of these codes; None where names are not kept."""
    return _key_of(AccountNameKey.objects.filter(municipality__code__in=codes))


def digested(blocks: Iterable[list], key: bytes | None) -> Iterator[list]:
    """The blocks of users with the digests of their names in place of user name and address."""
    for rows in blocks:
        yield [(*row[:-2], _digests(key, row[-2:]) if key else "") for row in rows]


def digest_of(key: bytes, name: str) -> bytes:
    """The keyed digest of a plain account name."""
    return hmac.digest(key, name.encode(), "sha256")


def _digests(key: bytes, names: Iterable[str]) -> str:
    plain = {plain_account_name(name) for name in names if name} - {""}
    return " ".join(sorted(digest_of(key, name).hex() for name in plain))


def _key_of(rows: QuerySet[AccountNameKey]) -> bytes | None:
    row = rows.first()
    return None if row is None else bytes.fromhex(row.digest_key)


def student_of(municipality_id: UUID, names: Iterable[str]) -> Student | None:
    """The one enrolled student who has one of these names; None for nobody and for several."""
    found = students_named(municipality_id, names)
    return Student.objects.get(pk=found.pop()) if len(found) == 1 else None
