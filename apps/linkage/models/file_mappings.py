"""How a municipality's files name the columns and codes that are read from them."""

from django.db import models

from apps.core.constraints import choices_checks, unique
from apps.core.models import UUIDModel
from apps.people.models import Municipality


class FileKind(models.TextChoices):
    """The files of "C4th 取込形式 v1" (a test compares them with the connector's formats)."""

    ATTENDANCE_DAILY = "attendance_daily", "毎日の出欠"
    ATTENDANCE_MONTHLY = "attendance_monthly", "月ごとの出欠の数"
    NURSE_VISIT = "nurse_visit", "保健室に来た回数"
    GRADES = "grades", "成績"
    KOKORO_TENKI = "kokoro_tenki", "心の天気"


class FileLayout(models.TextChoices):
    """How a file lays out its facts (connectors.school_files.file_mapping)."""

    BY_ROWS = "rows", "1行に、1人の1日"
    BY_DAYS = "days", "1行に1人、日ごとの列(見出しが 11/2 など)"


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
