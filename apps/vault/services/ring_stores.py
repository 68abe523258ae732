"""Every place of the database that depends on keys of the ring: counted by key, sealed again.

The places are listed by ``ring_store_list.stores``.
"""

from dataclasses import dataclass

from django.db import connection, models, transaction
from django.db.models import Count, F, Func, Value
from django.db.models.functions import Cast

from apps.core import crypto
from apps.core.models import RESEALING_SETTING
from apps.vault import sealed_text
from apps.vault.key_ring_columns import RingColumn, RingDigest
from apps.vault.services.keys import key_ring
from apps.vault.services.paper_codes import CODE_FIELDS, open_code, seal_code
from apps.vault.services.ring_sealing import seal_column, unseal_column

REWRAP_ADVICE = "run rotate_vault_keys"
MARK = sealed_text.SEALED_PREFIX


@dataclass(frozen=True)
class ResealResult:
    """The result of a rotation for one store: rows under the newest key, rows that do not open."""

    done: int = 0
    unreadable: int = 0
    last: object = None  # the id of the last row looked at; None at the end


@dataclass(frozen=True)
class RingStore:
    """One place: its table, what it holds (English, plural), and how to move it off older keys."""

    model: type
    what: str
    advice: str = REWRAP_ADVICE
    ends_alone = False

    def counts(self) -> dict[str, int]:
        """{id of a ring key: how many rows depend on it}; "" is a key that is not known."""
        raise NotImplementedError

    def reseal(self, limit: int = 200) -> ResealResult:
        """Seal every row under the newest key, ``limit`` rows a transaction; can be repeated."""
        total = ResealResult()
        while True:
            progress = self._reseal_batch(total.last, limit)
            total = ResealResult(
                total.done + progress.done, total.unreadable + progress.unreadable, progress.last
            )
            if progress.last is None:
                return total

    @transaction.atomic
    def _reseal_batch(self, after, limit):
        _allow_sealing_anew()
        stale = self._stale()
        if after is not None:
            stale = stale.filter(pk__gt=after)
        rows = list(stale.order_by("pk").select_for_update(of=("self",))[:limit])
        n_done = sum(self._reseal_row(row) for row in rows)
        return ResealResult(n_done, len(rows) - n_done, rows[-1].pk if rows else None)

    def _stale(self):
        return self._rows().none()

    def _reseal_row(self, row):
        """Seal one locked row again; whether it could be opened."""
        raise NotImplementedError

    def _rows(self):
        return self.model._base_manager.all()


@dataclass(frozen=True)
class ColumnStore(RingStore):
    """Bytes in one column, the key's id in another."""

    column: RingColumn = None

    def counts(self):
        rows = self._rows().exclude(**{self.column.sealed: None})
        return count_by(rows, F(self.column.key))

    def _stale(self):
        rows = self._rows().exclude(**{self.column.sealed: None})
        return rows.exclude(**{self.column.key: key_ring().newest})

    def _reseal_row(self, row):
        try:
            seal_column(row, unseal_column(row, self.column.sealed), self.column.sealed)
        except crypto.CannotUnseal:
            return False
        row.save(update_fields=[self.column.sealed, self.column.key])
        return True


@dataclass(frozen=True)
class CodeStore(ColumnStore):
    """Codes on paper: the digest moves with the seal."""

    def _reseal_row(self, row):
        code = open_code(row)
        if code is None:
            return False
        seal_code(row, code)
        row.save(update_fields=CODE_FIELDS)
        return True


@dataclass(frozen=True)
class TextStore(RingStore):
    """Texts that name their key themselves; a readable one from before is sealed."""

    field: str = ""
    column: RingColumn | None = None  # None: a SealedTextField

    def counts(self):
        return count_by(self._rows().filter(raw__startswith=MARK), key_of(F("raw")))

    def _rows(self):
        return super()._rows().annotate(raw=Cast(F(self.field), models.TextField()))

    def _stale(self):
        current = f"{MARK}{key_ring().newest}:"
        return self._rows().exclude(raw="").exclude(raw=None).exclude(raw__startswith=current)

    def _reseal_row(self, row):
        try:
            sealed = self._sealed_anew(row)
        except crypto.CannotUnseal:
            return False
        sealed_value = Value(
            sealed, output_field=models.TextField()
        )  # not sealed once more by its field
        self.model._base_manager.filter(pk=row.pk).update(**{self.field: sealed_value})
        return True

    def _sealed_anew(self, row):
        if self.column is not None:
            seal_column(row, unseal_column(row, self.field), self.field)
            return getattr(row, self.field)
        place = f"{self.model._meta.db_table}.{self.model._meta.get_field(self.field).column}"
        return sealed_text.seal(sealed_text.unseal(row.raw, place), place)


@dataclass(frozen=True)
class SubjectKeyStore(RingStore):
    """Keys of (student, purpose): ``rewrap_some`` wraps them, with their shares and damage."""

    def counts(self):
        return count_by(self._rows(), F("ring_key"))


@dataclass(frozen=True)
class DigestStore(RingStore):
    """Digests of what only a person knows: they move when that person enters it."""

    digest: RingDigest | None = None

    def counts(self):
        return count_by(getattr(self.model.objects, self.digest.in_use)(), F(self.digest.key))


@dataclass(frozen=True)
class BareCodeStore(RingStore):
    """Digests of codes older than sealing: their key is not known."""

    def counts(self):
        rows = getattr(self.model.objects, self.model.codes_in_use)().filter(sealed_code=None)
        return count_by(rows, F("code_ring_key"))


def _allow_sealing_anew():
    """Allow append-only rows to be sealed again until this transaction ends (core.models)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, 'on', true)", [RESEALING_SETTING])


def count_by(rows, key) -> dict:
    """{key id: how many rows}."""
    counted = rows.order_by().values(of_key=key).annotate(n=Count("pk"))
    return {row["of_key"]: row["n"] for row in counted}


def key_of(text) -> Func:
    """The id of the ring's key in ``text`` ("v1:id:…"), as an expression of the query."""
    return Func(text, Value(":"), Value(2), function="split_part", output_field=models.TextField())
