"""Roles and posts of staff."""

from datetime import date

from django.db import models
from django.db.models import Q

from apps.core import clock
from apps.core.constraints import check, choices_check, unique
from apps.core.models import UUIDModel
from apps.people import grades
from apps.people.models.choices import Role
from apps.people.models.places import Municipality, School, SchoolClass
from apps.people.models.users import User

# Posts for a whole municipality (or for one school, where they name it); all others name a school.
CITY_WIDE_ROLES = frozenset({Role.CITY, Role.HELPDESK, Role.PRIVACY, Role.FAMILY_CENTRE})


class StaffPostQuerySet(models.QuerySet):
    def current(self, on: date | None = None) -> models.QuerySet:
        """Posts that give rights on a day: held then, and not switched off by the roster."""
        return self.on_duty(on).filter(is_enabled=True)

    def on_duty(self, on: date | None = None) -> models.QuerySet:
        """Posts held on a day."""
        on = on or clock.today()
        return self.filter(ended_at=None, is_waiting=False).filter(
            Q(ends_on=None) | Q(ends_on__gte=on), Q(begins_on=None) | Q(begins_on__lte=on)
        )


class PostFields(models.Model):
    """Base of a post and of the offer of one: the role, where, and from when to when."""

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    school = models.ForeignKey(
        School, verbose_name="学校", null=True, blank=True, on_delete=models.PROTECT
    )
    school_class = models.ForeignKey(
        SchoolClass, verbose_name="学級", null=True, blank=True, on_delete=models.PROTECT
    )
    role = models.CharField("立場", max_length=20, choices=Role.choices)
    begins_on = models.DateField("はじまり", null=True, blank=True)
    ends_on = models.DateField("おわり", null=True, blank=True)

    class Meta:
        abstract = True


class StaffPost(PostFields, UUIDModel):
    """A role of a member of staff at a place, from when to when.

    A teacher named by the roster has a post before they have an account. ``grade`` is of a
    head of the year alone.

    ``ended_at``: ended by people; no roster and no date brings it back.
    ``is_waiting``: one of the first two of an installation, until the other has confirmed it.
    ``held_over_on``: the day its end was postponed, because nobody else held such a post.
    """

    user = models.ForeignKey(
        User, verbose_name="アカウント", null=True, blank=True, on_delete=models.PROTECT,
        related_name="staff_posts",
    )  # fmt: skip
    source_id = models.CharField("名簿の番号", max_length=64, blank=True)
    master_id = models.UUIDField("共通ID", null=True, blank=True)
    name = models.CharField("名前", max_length=120)
    grade = models.CharField("学年", max_length=3, blank=True, default="", db_default="")
    is_enabled = models.BooleanField("名簿で 使える", default=True, db_default=True)
    renewed_on = models.DateField("続けると確かめた日", null=True, blank=True)
    renewal_asked_on = models.DateField("続けるかをたずねた日", null=True, blank=True)
    ended_at = models.DateTimeField("終わりにした時", null=True, blank=True)
    is_waiting = models.BooleanField("もう一人を待つ", default=False, db_default=False)
    extended_on = models.DateField("終わりをのばした日", null=True, blank=True)

    objects = StaffPostQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "職員の担当"
        constraints = [
            choices_check("role", Role),
            check(
                "school_post_has_school",
                Q(school__isnull=False) | Q(role__in=sorted(CITY_WIDE_ROLES)),
            ),
            check(
                "year_head_has_a_grade",
                Q(role="year_head") & ~Q(grade="") | ~Q(role="year_head") & Q(grade=""),
                "学年主任には、学年がいります。ほかの立場には、いりません。",
            ),
            unique(
                ["municipality", "source_id", "school", "role"],
                name="post_source_once",
                condition=~Q(source_id="") & Q(ends_on=None),
            ),
        ]

    def __str__(self) -> str:
        place = self.school_class or self.school or self.municipality
        grade = f" {grades.GRADE_NAMES.get(self.grade, self.grade)}" if self.grade else ""
        return f"{self.get_role_display()} ({place}{grade})"
