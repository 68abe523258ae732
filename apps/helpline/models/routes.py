"""The route of a city: who reads what a child says about an adult at school."""

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from apps.core import clock
from apps.core.constraints import both_or_neither, check, choices_check, two_people, unique
from apps.core.models import UUIDModel
from apps.helpline.models.choices import RouteReason
from apps.people.models import Municipality

MAX_WAIT_MINUTES = 480  # minutes: within a working day
_WAIT_VALIDATORS = [MinValueValidator(1), MaxValueValidator(MAX_WAIT_MINUTES)]


def _person(label: str, **options: Any) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=label, on_delete=models.PROTECT, related_name="+",
        **options,
    )  # fmt: skip


def _minutes(label: str, default: int) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(label, default=default, validators=_WAIT_VALIDATORS)


class ProtectionRouteQuerySet(models.QuerySet):
    def confirmed(self) -> models.QuerySet:
        """The versions a second person confirmed, the newest first."""
        return self.exclude(confirmed_at=None).order_by("-confirmed_at")

    def waiting(self) -> models.QuerySet:
        """The versions that wait for a second person."""
        return self.filter(confirmed_at=None, dropped_at=None)


class ProtectionRoute(UUIDModel):
    """One version of a city's route: three people, their hours, and after how long the next is called.

    A version is set by one person and counts from the confirmation of another; it is never edited.
    The newest confirmed one is in force, or none where it says ``is_on`` False.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, related_name="+"
    )
    first = _person("はじめの人")
    second = _person("つぎの人")
    last = _person("さいごの人")
    second_after = _minutes("つぎの人に知らせるまで(分)", 10)
    last_after = _minutes("さいごの人に知らせるまで(分)", 30)
    all_after = _minutes("全員にもう一度知らせるまで(分)", 60)
    opens_at = models.TimeField("見る時間のはじまり(平日)", default="08:30")
    closes_at = models.TimeField("見る時間のおわり(平日)", default="17:15")
    is_on = models.BooleanField("使う", default=True)
    why = models.CharField("なぜ変えるか", max_length=8, choices=RouteReason.choices)
    proposed_by = _person("決めた人", editable=False)
    proposed_at = models.DateTimeField("決めた時", default=clock.now, editable=False)
    confirmed_by = _person("確かめた人", null=True, blank=True, editable=False)
    confirmed_at = models.DateTimeField("確かめた時", null=True, blank=True, editable=False)
    dropped_at = models.DateTimeField("取りやめた時", null=True, blank=True, editable=False)

    objects = ProtectionRouteQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "学校の大人のことの相談先"
        ordering = ["-proposed_at"]
        constraints = [
            choices_check("why", RouteReason),
            check(
                "route_second_person",
                two_people("confirmed_by", "proposed_by"),
                "決めた人とはちがう人が確かめます。",
            ),
            check(
                "route_confirmed_whole",
                both_or_neither("confirmed_by", "confirmed_at"),
                "確かめた人と時は、いっしょに残します。",
            ),
            check(
                "route_confirmed_or_dropped",
                Q(confirmed_at=None) | Q(dropped_at=None),
                "確かめた相談先は、取りやめられません。",
            ),
            check(
                "route_people_differ",
                ~Q(first=F("second")) & ~Q(first=F("last")) & ~Q(second=F("last")),
                "はじめの人・つぎの人・さいごの人は、それぞれ別の人にしてください。",
            ),
            check(
                "route_waits_rise",
                Q(
                    second_after__gte=1,
                    last_after__gt=F("second_after"),
                    all_after__gt=F("last_after"),
                    all_after__lte=MAX_WAIT_MINUTES,
                ),
                "知らせるまでの分は、つぎの人・さいごの人・全員の順に長くしてください。",
            ),
            check(
                "route_closes_after_opening",
                Q(closes_at__gt=F("opens_at")),
                "見る時間のおわりは、はじまりより後にしてください。",
            ),
            unique(
                ["municipality"],
                name="route_one_waits",
                condition=Q(confirmed_at=None, dropped_at=None),
                message="確認を待つ変更が、もうあります。先にそれを決めてください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.municipality} の相談先 ({self.proposed_at:%Y-%m-%d})"
