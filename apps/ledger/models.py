"""How far each chain has come, and the signed statements about all of them."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.timezone import localtime

from apps.core import clock
from apps.core.models import append_only


class ChainHead(models.Model):
    """The newest link of a chain: writers lock it. Only the owner knows what the chain is about."""

    chain_id = models.UUIDField("鎖", primary_key=True)
    seq = models.PositiveIntegerField("番号")
    link = models.BinaryField()
    signed_seq = models.PositiveIntegerField("確認点に入った番号", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "台帳の先頭"

    def __str__(self):
        return f"{self.chain_id}: {self.seq}"


class Checkpoint(models.Model):
    """A signed statement of how far every chain had come; the same bytes are kept in a second
    place.
    """

    changes_later = ("copied_at",)

    id = models.PositiveIntegerField("番号", primary_key=True)
    made_at = models.DateTimeField("いつ")
    n_entries = models.PositiveIntegerField("件数")
    statement = models.TextField("署名つきの記録")  # JWS (RFC 7515)
    copied_at = models.DateTimeField("別の場所に置いた時", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "台帳の確認点"
        ordering = ["id"]
        indexes = [  # those that are not in the second place yet
            models.Index(fields=["id"], condition=models.Q(copied_at=None), name="checkpoint_alone")
        ]
        triggers = [
            *append_only(pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="said_is_said", fields=["id", "made_at", "n_entries", "statement"]
            ),
        ]

    def __str__(self):
        return f"確認点 {self.pk} ({localtime(self.made_at):%Y-%m-%d %H:%M})"


class ChainedRange(models.Model):
    """Consecutive rows of a table of another app, chained: how many, and the Merkle root over them.

    An entry of the chain of that table (row_ranges).
    """

    chain_id = models.UUIDField("鎖")
    seq = models.PositiveIntegerField("番号")
    form = models.PositiveSmallIntegerField("書き方の版")
    first_id = models.BigIntegerField("最初の番号")
    last_id = models.BigIntegerField("最後の番号")
    n_rows = models.PositiveIntegerField("件数")
    root = models.BinaryField()
    made_at = models.DateTimeField("いつ")
    link_key = models.CharField("鍵の名", max_length=20)
    link = models.BinaryField()

    class Meta:
        verbose_name = verbose_name_plural = "記録の鎖"
        constraints = [
            models.UniqueConstraint(fields=["chain_id", "seq"], name="one_range_of_a_number")
        ]
        triggers = append_only()

    def __str__(self):
        return f"{self.chain_id}: {self.seq}"


class ChainLimit(models.Model):
    """The last row that a table had counted, and the transactions that wrote the table then.

    The rows up to it can be chained once these have ended. One row a table.
    """

    chain_id = models.UUIDField("鎖", primary_key=True)
    last_id = models.BigIntegerField("数えた番号")
    writers = ArrayField(models.CharField(max_length=40), verbose_name="待っている相手")
    noted_at = models.DateTimeField("いつから", default=clock.now)

    class Meta:
        verbose_name = verbose_name_plural = "鎖につなぐのを待つ記録"

    def __str__(self):
        return f"{self.chain_id}: {self.last_id}"
