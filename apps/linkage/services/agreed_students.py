"""Who agrees that a source is read, and who is new among them since it was read."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import reduce
from operator import xor
from uuid import UUID

from django.db import connection

from apps.linkage.fact_kinds import STUDENT_ID_FIELDS, source_purposes
from apps.linkage.models import AgreedStudents, DataSource, SourceKind

# The keys in use of each source's students: two hashes of key and code. Paused and damaged keys are
# left out, so that their students are new when the keys can be used again.
AGREEING = """
FROM linkage_datasource s
JOIN people_student p ON p.municipality_id = s.municipality_id
  AND (s.school_id IS NULL OR p.school_id = s.school_id)
JOIN vault_subjectkey k ON k.student_id = p.id AND k.municipality_id = s.municipality_id
  AND k.purpose = ANY(%(purposes)s) AND k.paused_at IS NULL
CROSS JOIN LATERAL (SELECT k.id::text || ' ' || coalesce(p.{code}::text, '') AS text) named
CROSS JOIN LATERAL (SELECT hashtextextended(text, 0) AS one, hashtextextended(text, 1) AS other) h
WHERE s.id = ANY(%(sources)s) AND NOT EXISTS (SELECT FROM vault_damagereport d
  WHERE d.key_id = k.id AND d."table" = '' AND d.mended_at IS NULL)
"""
DIGEST_BYTES = 8


@dataclass(frozen=True)
class Agreement:
    """Who agrees now, compared with whom a source was read for.

    ``token`` names the set; ``new_students`` (ids) are those for whom it was not read yet, None
    where that is not known: then it is read again for everybody.
    """

    token: str
    digests: frozenset[bytes]
    before: frozenset[bytes] | None
    new_students: frozenset[UUID] | None

    @property
    def has_new(self) -> bool:
        """Whether somebody agrees for whom it was not read yet, as far as known."""
        return self.new_students is None or bool(self.new_students)

    @property
    def has_lost(self) -> bool:
        """Whether somebody for whom it was read does not agree any more."""
        return bool(self.before and self.before - self.digests)


class ReadFor:
    """For whom one run reads a source: saved in each transaction that saves how far it was read."""

    def __init__(self, source: DataSource, agreement: Agreement) -> None:
        self.agreement = agreement
        self._source, self._digests, self._saved = source, agreement.digests, agreement.before
        self.is_for_some = False  # keys were found damaged or paused meanwhile
        self.n_read_whole = 0  # rows of files that were not read for the new students alone

    def save(self, *, is_for_some: bool) -> None:
        """Save it; ``is_for_some``: rows of usable consent were left unread in this transaction.

        Whoever's key cannot be used now is left out, and so read again once it can be.
        """
        if is_for_some:
            self.is_for_some = True
            self._digests &= agreement_of(self._source).digests
        if self._digests != self._saved:
            save_read_for(self._source, self._digests)
            self._saved = self._digests


def agreement_of(source: DataSource) -> Agreement:
    """The Agreement of a source now, in two statements."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT h.one, h.other, p.id {_agreeing(source.kind)}", _values([source]))
        rows = cursor.fetchall()
    found = {_digest(one): student for one, _, student in rows}
    kept = AgreedStudents.objects.filter(source=source).values_list("digests", flat=True).first()
    before = None if kept is None else _split(bytes(kept))
    new = None if before is None else {pk for digest, pk in found.items() if digest not in before}
    return Agreement(
        _token(len(rows), *(reduce(xor, (row[n] for row in rows), 0) for n in (0, 1))),
        frozenset(found), before, new if new is None else frozenset(new),
    )  # fmt: skip


def agreement_tokens(sources: Collection[DataSource], kind: SourceKind) -> dict[UUID, str]:
    """{source id: token} of sources of one kind, in one statement."""
    tokens = {source.pk: _token(0, 0, 0) for source in sources}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.id, count(*), bit_xor(h.one), bit_xor(h.other) {_agreeing(kind)} GROUP BY s.id",
            _values(sources),
        )
        return tokens | {pk: _token(*sums) for pk, *sums in cursor.fetchall()}


def save_read_for(source: DataSource, digests: Collection[bytes]) -> None:
    """Note for whom a source was read."""
    AgreedStudents.objects.update_or_create(
        source=source, defaults={"digests": b"".join(sorted(digests))}
    )


def _agreeing(kind: str) -> str:
    return AGREEING.format(code=STUDENT_ID_FIELDS[SourceKind(kind)])


def _values(sources: Collection[DataSource]) -> dict[str, list]:
    purposes = set().union(*(source_purposes(source) for source in sources))
    return {"sources": [source.pk for source in sources], "purposes": sorted(map(str, purposes))}


def _token(n: int, one: int, other: int) -> str:
    return f"{n}.{_digest(one).hex()}{_digest(other).hex()}"


def _digest(number: int) -> bytes:
    return number.to_bytes(DIGEST_BYTES, "big", signed=True)


def _split(digests: bytes) -> frozenset[bytes]:
    return frozenset(digests[at : at + DIGEST_BYTES] for at in range(0, len(digests), DIGEST_BYTES))
