"""Municipalities, schools and classes."""

from django.db import models

from apps.core.constraints import choices_check, unique
from apps.core.models import UUIDModel
from apps.people.models.choices import NeutralPage
from apps.people.models.former_identifiers import CLASS_TRIGGERS


class Municipality(UUIDModel):
    code = models.CharField("教育委員会コード", max_length=6, unique=True)
    name = models.CharField("名前", max_length=60)
    neutral_page = models.CharField(
        "「すぐに閉じる」の行き先", max_length=10, choices=NeutralPage.choices,
        default=NeutralPage.BLANK,
    )  # fmt: skip

    class Meta:
        verbose_name = verbose_name_plural = "自治体"
        constraints = [choices_check("neutral_page", NeutralPage)]

    def __str__(self) -> str:
        return self.name


class School(UUIDModel):
    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, related_name="schools",
        db_index=False,
    )  # fmt: skip
    source_id = models.CharField("名簿の番号", max_length=64)
    code = models.CharField("学校コード", max_length=13)
    name = models.CharField("名前", max_length=80)

    class Meta:
        verbose_name = verbose_name_plural = "学校"
        constraints = [
            unique(["municipality", "code"], name="school_code_once"),
        ]

    def __str__(self) -> str:
        return self.name


class SchoolClassQuerySet(models.QuerySet):
    def current(self) -> models.QuerySet:
        return self.filter(gone_at=None)


class SchoolClass(UUIDModel):
    """A homeroom class (学級) of one school year."""

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    school = models.ForeignKey(
        School, verbose_name="学校", on_delete=models.PROTECT, related_name="classes"
    )
    source_id = models.CharField("名簿の番号", max_length=64)
    school_year = models.PositiveSmallIntegerField("年度")
    grade = models.CharField("学年", max_length=3, blank=True)  # J1 = 中学1年 (P1–H3)
    title = models.CharField("学級", max_length=60)
    special_needs = models.BooleanField("特別支援学級", default=False)
    gone_at = models.DateTimeField("名簿から消えた時", null=True, blank=True)

    objects = SchoolClassQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "学級"
        ordering = ["school", "grade", "title"]
        constraints = [unique(["municipality", "school", "source_id"], name="class_source_once")]
        triggers = CLASS_TRIGGERS

    def __str__(self) -> str:
        return self.title
