"""How a municipality's files name the columns and codes that are read from them."""

from django.db import models

from apps.core.constraints import choices_checks, unique
from apps.core.models import UUIDModel
from apps.linkage.models.choices import FileKind, FileLayout
from apps.people.models import Municipality


class FileMapping(UUIDModel):
    """Headers {our column: theirs} and codes {our column: {theirs: ours}} for one kind of file.

    What is not named is as declared; a municipality without a row reads the declared format.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    kind = models.CharField("種類", max_length=30, choices=FileKind.choices)
    headers = models.JSONField("見出し", default=dict)
    codes = models.JSONField("区分", default=dict)
    layout = models.CharField(
        "ならべかた", max_length=10, choices=FileLayout.choices, default=FileLayout.BY_ROWS
    )
    by_seat = models.BooleanField("管理コードではなく、学年・組・番号で書いてある", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "ファイルの読みかた"
        constraints = [
            *choices_checks(kind=FileKind, layout=FileLayout),
            unique(
                ["municipality", "kind"],
                name="mapping_once",
                message="この種類のファイルの読みかたは、もうあります。",
            ),
        ]

    def __str__(self):
        return self.get_kind_display()
