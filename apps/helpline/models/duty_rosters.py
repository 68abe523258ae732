"""A school's duty roster: contacts, hours, and approval."""

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from apps.core import clock
from apps.core.constraints import check, choices_check, unique
from apps.core.models import UUIDModel, append_only
from apps.helpline.models.choices import AnswersAs, ApproverRole, Weekday
from apps.people.models import Municipality, School

MAX_WAIT_MINUTES = 480  # minutes: within a working day
WAIT_VALIDATORS = [MinValueValidator(1), MaxValueValidator(MAX_WAIT_MINUTES)]

_NEEDS_HOURS_SQL = """
    IF EXISTS (
        SELECT 1 FROM helpline_dutyroster r WHERE r.id = {roster} AND r.is_on
        AND NOT EXISTS (SELECT 1 FROM helpline_dutyhours h WHERE h.roster_id = r.id)
    ) THEN
        RAISE EXCEPTION 'a duty roster that is on needs hours' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
"""


def _needs_hours(roster, operation):
    """A trigger that refuses, at commit, a roster that is on without hours."""
    return pgtrigger.Trigger(
        name="on_needs_hours",
        operation=operation,
        when=pgtrigger.After,
        timing=pgtrigger.Deferred,
        func=_NEEDS_HOURS_SQL.format(roster=roster),
    )


def _person(label):
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=label,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )


class DutyRoster(UUIDModel):
    """Who is called in which order and after how many duty minutes; ``is_on``: requests are taken.

    On only with two contacts, a last responder, hours and a recorded approval: services say
    so in words, and the database enforces it.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    school = models.OneToOneField(School, verbose_name="学校", on_delete=models.PROTECT)
    first = _person("はじめの人")
    second = _person("つぎの人")
    last = _person("さいごの人")
    second_after = models.PositiveSmallIntegerField(
        "つぎの人に知らせるまで(分)", default=5, validators=WAIT_VALIDATORS
    )
    last_after = models.PositiveSmallIntegerField(
        "さいごの人に知らせるまで(分)", default=15, validators=WAIT_VALIDATORS
    )
    all_after = models.PositiveSmallIntegerField(
        "全員にもう一度知らせるまで(分)", default=30, validators=WAIT_VALIDATORS
    )
    approval = models.ForeignKey(
        "helpline.DutyApproval", verbose_name="専門の人の確認", null=True, blank=True, editable=False,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    is_on = models.BooleanField("受け付けている", default=False, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "当番"
        constraints = [
            check(
                "duty_on_needs_people_and_approval",
                Q(is_on=False)
                | Q(
                    first__isnull=False,
                    second__isnull=False,
                    last__isnull=False,
                    approval__isnull=False,
                ),
                "はじめるには、三人の当番と、名前のある承認が要ります。",
            ),
            check(
                "duty_people_differ",
                (Q(first=None) | Q(second=None) | ~Q(first=F("second")))
                & (Q(first=None) | Q(last=None) | ~Q(first=F("last")))
                & (Q(second=None) | Q(last=None) | ~Q(second=F("last"))),
                "はじめの人・つぎの人・さいごの人は、それぞれ別の人にしてください。",
            ),
            check(
                "duty_waits_rise",
                Q(
                    second_after__gte=1,
                    last_after__gt=F("second_after"),
                    all_after__gt=F("last_after"),
                    all_after__lte=MAX_WAIT_MINUTES,
                ),
                "知らせるまでの分は、つぎの人・さいごの人・全員の順に長くしてください。",
            ),
        ]
        triggers = [_needs_hours("NEW.id", pgtrigger.Insert | pgtrigger.Update)]

    def __str__(self):
        return f"{self.school} の当番"


class DutyHours(UUIDModel):
    """Duty hours of one day of the week, in Japan time. Holidays are handled by ``duty_hours``."""

    roster = models.ForeignKey(
        DutyRoster, on_delete=models.CASCADE, related_name="hours", db_index=False
    )
    weekday = models.PositiveSmallIntegerField("曜日", choices=Weekday.choices)
    opens_at = models.TimeField("はじまり")
    closes_at = models.TimeField("おわり")

    class Meta:
        verbose_name = verbose_name_plural = "見る時間"
        ordering = ["weekday"]
        constraints = [
            choices_check("weekday", Weekday),
            unique(
                ["roster", "weekday"],
                name="duty_hours_once_a_day",
                message="同じ曜日は1つだけにしてください。",
            ),
            check(
                "duty_hours_close_after_opening",
                Q(closes_at__gt=F("opens_at")),
                "見る時間のおわりは、はじまりより後にしてください。",
            ),
        ]
        triggers = [_needs_hours("OLD.roster_id", pgtrigger.Delete | pgtrigger.Update)]

    def __str__(self):
        return f"{self.get_weekday_display()} {self.opens_at:%H:%M}–{self.closes_at:%H:%M}"


class DutyPerson(UUIDModel):
    """Somebody besides the three contacts students may choose: by role, or by name if listed."""

    roster = models.ForeignKey(
        DutyRoster, on_delete=models.CASCADE, related_name="people", db_index=False
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="人", on_delete=models.PROTECT, related_name="+"
    )
    answers_as = models.CharField("どの立場で", max_length=12, choices=AnswersAs.choices)
    is_listed = models.BooleanField("生徒が名前でえらべる", default=False)
    shown_name = models.CharField(
        "生徒に見せる名前",
        max_length=60,
        blank=True,
        help_text="漢字には読みを付けてください。例: ｜山代《やましろ》 ｜先生《せんせい》",
    )

    class Meta:
        verbose_name = verbose_name_plural = "相談にのる人"
        ordering = ["answers_as", "shown_name"]
        constraints = [
            choices_check("answers_as", AnswersAs),
            unique(
                ["roster", "person"],
                name="duty_person_once",
                message="同じ人は1回だけ入れてください。",
            ),
            check(
                "duty_listed_needs_a_name",
                Q(is_listed=False) | ~Q(shown_name=""),
                "生徒が名前でえらべる人には、見せる名前を書いてください。",
            ),
        ]

    def __str__(self):
        return self.shown_name or self.get_answers_as_display()


class DutyApproval(UUIDModel):
    """A counsellor's or nurse's approval of the sentences and the order of calling."""

    roster = models.ForeignKey(DutyRoster, on_delete=models.PROTECT, related_name="approvals")
    name = models.CharField("確認した人の名前", max_length=80)
    role = models.CharField("立場", max_length=12, choices=ApproverRole.choices)
    approved_on = models.DateField("確認した日")
    wording = models.CharField("文言の版", max_length=16)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="記録した人",
        on_delete=models.PROTECT,
        related_name="+",
    )
    recorded_at = models.DateTimeField("記録した時", default=clock.now, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "専門の人の確認"
        ordering = ["recorded_at"]
        constraints = [
            choices_check("role", ApproverRole),
            check("duty_approval_is_named", ~Q(name="")),
        ]
        triggers = append_only()

    def __str__(self):
        return f"{self.name}({self.get_role_display()}) {self.approved_on}"
