"""Subject keys, and the base of every row that is sealed with one."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from apps.core import clock
from apps.core.constraints import check, choices_check, unique
from apps.core.models import UUIDModel, append_only, no_truncate
from apps.people.models import Municipality, Student
from apps.people.permissions import may_open
from apps.vault.choices import DamageKind, KeyEnd
from apps.vault.damage_models import DamageReport, is_damaged
from apps.vault.key_ring_columns import RingColumn
from apps.vault.ring_models import EnvironmentKey, KeyKind, SealedCode

__all__ = [
    "DamageKind",
    "DamageReport",
    "DestroyedKey",
    "KeyEnd",
    "KeyKind",
    "EnvironmentKey",
    "ReplacedKey",
    "SealedCode",
    "SealedQuerySet",
    "SealedRow",
    "ShareStore",
    "SubjectKey",
    "UnknownShare",
    "is_damaged",
    "records_key_end",
]


class ShareStore(models.Model):
    """Which store (apps.vault.shares) holds the shares of this database's keys."""

    THE_ONE = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ONE)
    store_id = models.UUIDField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [check("vault_sharestore_one", Q(id=1))]

    def __str__(self):
        return str(self.store_id)


class UnknownShare(models.Model):
    """A share of no key of this database, and when a sweep first found it.

    It stands in the database, so that another restore removes it too: whatever the age of the
    share, the days for a later backup that knows its key begin again.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    seen_at = models.DateTimeField("はじめて見た時", default=clock.now)

    def __str__(self):
        return str(self.pk)


def records_key_end(unless_kept="TRUE"):
    """The trigger by which deleting a key's row, by whomever, leaves a DestroyedKey."""
    return pgtrigger.Trigger(
        name="leaves_its_end",
        operation=pgtrigger.Delete,
        when=pgtrigger.After,
        func=(
            "INSERT INTO vault_destroyedkey (id, municipality_id, student_id, purpose) "  # noqa: S608
            "SELECT OLD.id, OLD.municipality_id, OLD.student_id, OLD.purpose "
            f"WHERE {unless_kept} ON CONFLICT (id) DO NOTHING; RETURN NULL;"
        ),
    )


class SubjectKeyQuerySet(models.QuerySet):
    def in_use(self):
        """Keys that open and seal now: not paused."""
        return self.filter(paused_at=None)

    def paused(self):
        """Keys that open and seal nothing until they are in use again or destroyed."""
        return self.exclude(paused_at=None)


class SubjectKey(UUIDModel):
    """The data key of (student, purpose), wrapped. Destroying it is deleting this row.

    A paused key opens nothing and seals nothing; ``destroy_after`` is when it may be destroyed,
    None while that is not decided. Until then putting it back in use loses nothing.

    ``wrapped`` is one of two shares; the other is in the store (apps.vault.shares), so that no backup
    of the database opens anything by itself. Only keys made before there were shares lack one.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="subject_keys")
    purpose = models.CharField("利用目的", max_length=40)
    ring_key = models.CharField("包んだ鍵", max_length=20)
    wrapped = models.BinaryField()
    has_share = models.BooleanField("鍵の片われが外にある", default=True, db_default=True)
    made_at = models.DateTimeField("作った時", default=clock.now, editable=False)
    paused_at = models.DateTimeField("止めた時", null=True, blank=True)
    destroy_after = models.DateTimeField("この時からこわせる", null=True, blank=True)

    objects = SubjectKeyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "鍵"
        triggers = [
            records_key_end("NOT EXISTS (SELECT FROM vault_replacedkey WHERE id = OLD.id)"),
            no_truncate(),  # it would leave no DestroyedKey
        ]
        constraints = [
            unique(["municipality", "student", "purpose"], name="subject_key_once"),
            check(
                "subject_key_paused_before_its_end",
                Q(destroy_after=None) | Q(paused_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["destroy_after"],
                condition=Q(destroy_after__isnull=False),
                name="subject_key_to_destroy",
            )
        ]

    def __str__(self):
        return f"{self.purpose} ({self.made_at:%Y-%m-%d})"


class ReplacedKeyQuerySet(models.QuerySet):
    def in_use(self):
        """Those whose successor is in use: what they sealed may be read (if a share is found)."""
        key = {"student": OuterRef("student"), "purpose": OuterRef("purpose")}
        return self.filter(Exists(SubjectKey.objects.in_use().filter(**key)))


class ReplacedKey(UUIDModel):
    """A key that could no longer be used and has been replaced; its id is the one it had.

    Nothing is written under it. It is kept because what it sealed is lost, not withdrawn: those
    rows stay until their retention is over, and open again if its share is found. A withdrawal
    destroys it together with its successor.
    """

    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="+", db_index=False)
    purpose = models.CharField("利用目的", max_length=40)
    ring_key = models.CharField("包んだ鍵", max_length=20)
    wrapped = models.BinaryField()
    has_share = models.BooleanField(default=True)
    made_at = models.DateTimeField("作った時")
    replaced_at = models.DateTimeField("かわりの鍵を作った時", default=clock.now, editable=False)
    lost_at = models.DateTimeField("失われたと二人が決めた時", null=True)
    ring_columns = (
        RingColumn("wrapped", "key|{pk}|{student_id}|{purpose}", "ring_key", "replaced keys"),
    )

    objects = ReplacedKeyQuerySet.as_manager()

    class Meta:
        triggers = [records_key_end(), no_truncate()]
        verbose_name = verbose_name_plural = "かわりを作った鍵"
        indexes = [models.Index(fields=["student", "purpose"], name="vault_replacedkey_of")]

    def __str__(self):
        return f"{self.purpose} ({self.made_at:%Y-%m-%d})"


class DestroyedKey(models.Model):
    """States that a key was destroyed: kept for ever, so that no sweep makes one again for an old
    answer.

    A trigger inserts it when a key's row is deleted. ``listed_at``: it stands on the list kept with
    the shares, and its share is gone. Without foreign keys: it outlives everything.
    """

    changes_later = ("ended_at", "how", "listed_at")

    id = models.UUIDField("鍵", primary_key=True)
    municipality_id = models.UUIDField("自治体", null=True)
    student_id = models.UUIDField("生徒")
    purpose = models.CharField("利用目的", max_length=40)
    ended_at = models.DateTimeField("終わった時", db_default=Now())
    how = models.CharField(
        "どう終わったか", max_length=16, choices=KeyEnd, db_default=KeyEnd.UNEXPLAINED
    )
    listed_at = models.DateTimeField("一覧にのせた時", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "こわした鍵"
        constraints = [choices_check("how", KeyEnd)]
        indexes = [
            models.Index(fields=["student_id", "purpose"], name="vault_destroyedkey_of"),
            models.Index(
                fields=["ended_at"],
                condition=Q(listed_at=None),
                name="vault_destroyedkey_to_list",
            ),
            models.Index(fields=["ended_at"], name="vault_destroyedkey_since"),
            models.Index(
                fields=["ended_at"],
                condition=Q(how=KeyEnd.UNEXPLAINED.value),
                name="vault_destroyedkey_strange",
            ),
        ]
        triggers = [
            *append_only(pgtrigger.Delete),
            pgtrigger.ReadOnly(name="ended_is_ended", fields=["id", "student_id", "purpose"]),
        ]

    def __str__(self):
        return f"{self.purpose} ({self.ended_at:%Y-%m-%d})"


class SealedQuerySet(models.QuerySet):
    def readable(self):
        """Rows whose key is in use (it may be damaged: then they open as DAMAGED)."""
        keys = SubjectKey.objects.in_use().values("pk")
        replaced = ReplacedKey.objects.in_use().values("pk")
        return self.filter(key_id__in=keys.union(replaced, all=True))

    def readable_one_by_one(self):
        """The same rows where few of many are shown: each key is looked up by itself."""
        keys = SubjectKey.objects.in_use().filter(pk=OuterRef("key_id"))
        replaced = ReplacedKey.objects.in_use().filter(pk=OuterRef("key_id"))
        return self.filter(Exists(keys) | Exists(replaced))

    def waiting(self):
        """Rows whose key is paused: nobody reads them now, no sweep deletes them."""
        return self.filter(Exists(SubjectKey.objects.paused().filter(pk=OuterRef("key_id"))))

    def with_key(self):
        """Rows whose key exists, in use, paused or replaced."""
        keys = SubjectKey.objects.values("pk").union(ReplacedKey.objects.values("pk"), all=True)
        return self.filter(key_id__in=keys)

    def orphaned(self, since=None):
        """Rows whose key was destroyed: nobody can read them, a sweep deletes them.

        Not those whose key's row was deleted other than by this app: that is damage, which stays.
        With ``since`` (a datetime) only rows of keys that ended from then on, found by their key.
        """
        key = {"pk": OuterRef("key_id")}
        lives = Exists(SubjectKey.objects.filter(**key))
        strange = Exists(DestroyedKey.objects.filter(**key, how=KeyEnd.UNEXPLAINED))
        gone = self.exclude(lives).exclude(Exists(ReplacedKey.objects.filter(**key)))
        if since is not None:
            ended = DestroyedKey.objects.filter(ended_at__gte=since, student_id=OuterRef("student"))
            gone = gone.filter(Exists(ended.filter(**key)))
        return gone.exclude(strange)


class SealedRow(UUIDModel):
    """A row about a student whose content only vault.services can open.

    ``key_id`` has no foreign key on purpose: destroying a key must not wait for the rows.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    student = models.ForeignKey(Student, models.PROTECT, verbose_name="生徒", related_name="+")
    purpose = models.CharField("利用目的", max_length=40)
    key_id = models.UUIDField(db_index=True, editable=False)
    sealed = models.BinaryField(editable=False)

    objects = SealedQuerySet.as_manager()
    opens_hidden: ClassVar[bool] = False  # whether the family is never shown who opened it

    @classmethod
    def may_all_be_opened(cls, rows, actor):
        """Whether this member of staff may open all of these rows, all of this model.

        By purpose and student; a model whose rows name their readers one by one overrides it.
        """
        students = {(row.student_id, row.purpose): row.student for row in rows}
        return all(may_open(actor, student, purpose) for (_, purpose), student in students.items())

    class Meta:
        abstract = True
