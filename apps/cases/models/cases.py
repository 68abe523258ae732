"""Support cases."""

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.constraints import choices_check, unique
from apps.core.models import UUIDModel
from apps.people.models import Municipality, School, User
from apps.people.permissions import students_where


class CaseState(models.TextChoices):
    NEW = "new", _("だれも 見て いません")
    LOOKING = "looking", _("見て います")
    WATCHING = "watching", _("見まもり")
    SUPPORTING = "supporting", _("支援中")
    CLOSED = "closed", _("おわり")


class CaseOrigin(models.TextChoices):
    """From what a case came, as its list may say it."""

    RULES = "rules", _("気づき")
    STAFF = "staff", _("職員の気がかり")


class Rank(models.IntegerChoices):
    """Where a case stands in the queue, the first to look at first."""

    UNSEEN_URGENT = 0
    UNSEEN = 1
    NEWS_URGENT = 2
    NEWS = 3
    WORKED_ON = 4
    CLOSED = 9


def _rank() -> Case:
    """Unseen first, then what came since the last judgement; each time the urgent ones before."""
    news = Q(judged_at=None) | Q(news_at__gt=F("judged_at"))
    return Case(
        When(state=CaseState.CLOSED, then=Value(Rank.CLOSED.value)),
        When(state=CaseState.NEW, is_urgent=True, then=Value(Rank.UNSEEN_URGENT.value)),
        When(state=CaseState.NEW, then=Value(Rank.UNSEEN.value)),
        When(news & Q(is_urgent=True), then=Value(Rank.NEWS_URGENT.value)),
        When(news, then=Value(Rank.NEWS.value)),
        default=Value(Rank.WORKED_ON.value),
    )


class CaseQuerySet(models.QuerySet):
    def open(self) -> models.QuerySet:
        return self.exclude(state=CaseState.CLOSED)

    def unseen(self) -> models.QuerySet:
        """Open cases that nobody has opened."""
        return self.filter(rank__lte=Rank.UNSEEN)

    def overdue(self) -> models.QuerySet:
        """Open cases whose day of the next look has come."""
        return self.filter(rank__lt=Rank.CLOSED, review_on__lte=clock.today())

    def visible_to(self, user: User) -> models.QuerySet:
        """The cases of students in this person's care; none for city staff and families."""
        return self.filter(students_where(user, "cases.view", "student__"))


class SupportCase(UUIDModel):
    """Work about one student; at most one case is open at a time."""

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.PROTECT)
    student = models.ForeignKey(
        "people.Student", verbose_name="生徒", on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(
        "状態", max_length=12, choices=CaseState.choices, default=CaseState.NEW
    )
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="担当", null=True, blank=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    holder_role = models.CharField("担当の立場", max_length=40, blank=True)
    opened_at = models.DateTimeField("できた時", default=clock.now)
    first_seen_at = models.DateTimeField("はじめて見た時", null=True, blank=True)
    review_on = models.DateField("次の確認", null=True, blank=True)
    closed_at = models.DateTimeField("おわった時", null=True, blank=True)
    origin = models.CharField(
        "はじまり", max_length=10, choices=CaseOrigin.choices, default=CaseOrigin.RULES,
        db_default=CaseOrigin.RULES.value,
    )  # fmt: skip
    is_urgent = models.BooleanField("いそぐ", default=False, db_default=False)
    news_at = models.DateTimeField("新しい気づき", default=clock.now)
    judged_at = models.DateTimeField("さいごの判断", null=True, blank=True)
    rank = models.GeneratedField(
        expression=_rank(), output_field=models.SmallIntegerField(), db_persist=True
    )

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "支援ケース"
        ordering = ["opened_at"]
        indexes = [
            models.Index(  # the closed ones of a school, newest first
                fields=["school", "-closed_at"],
                condition=models.Q(state="closed"),
                name="case_closed_of_school",
            ),
            # the queue, the first to look at first; of one rank the soonest next look, the oldest
            models.Index(fields=["rank", "review_on", "opened_at", "id"], name="case_queue"),
        ]
        constraints = [
            choices_check("state", CaseState),
            choices_check("origin", CaseOrigin),
            unique(
                ["student"], name="one_open_case_a_student", condition=~models.Q(state="closed")
            ),
        ]

    def __str__(self) -> str:
        return f"支援ケース {str(self.pk)[:8]}"
