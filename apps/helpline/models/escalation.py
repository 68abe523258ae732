"""Escalation steps, calls and drills: what is due when, and who was called.

The rows are the queue. A PENDING step is claimed by a worker when it is due; no state
is kept in a worker or a broker.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.core import clock
from apps.core.constraints import check, choices_check, choices_checks, set_when, unique
from apps.core.models import TimeOrderedModel, UUIDModel
from apps.helpline.models.choices import CallMailState, EscalationStepKind, EscalationStepState
from apps.helpline.models.help_requests import HelpRequest
from apps.helpline.models.routes import ProtectionRoute
from apps.people.models import Municipality, Role, School


class Drill(UUIDModel):
    """A practice run of the whole escalation, of a school's duty roster or of a city's route.

    It concerns no student and is never shown as one.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    school = models.ForeignKey(
        School, verbose_name="学校", null=True, blank=True, on_delete=models.PROTECT
    )
    route = models.ForeignKey(
        ProtectionRoute, verbose_name="相談先", null=True, blank=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    form_key = models.UUIDField(unique=True, editable=False)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="はじめた人",
        on_delete=models.PROTECT,
        related_name="+",
    )
    started_at = models.DateTimeField("はじめた時", default=clock.now)
    ended_at = models.DateTimeField("おわった時", null=True, blank=True)
    second_after = models.PositiveSmallIntegerField("つぎの人(分)")
    last_after = models.PositiveSmallIntegerField("さいごの人(分)")
    all_after = models.PositiveSmallIntegerField("全員(分)")

    class Meta:
        verbose_name = verbose_name_plural = "練習"
        ordering = ["-started_at"]
        constraints = [
            unique(["school"], name="drill_one_at_a_time", condition=Q(ended_at=None)),
            unique(
                ["municipality"],
                name="drill_one_a_route",
                condition=Q(ended_at=None, school=None),
            ),
            check(
                "drill_of_a_school_or_a_route",
                Q(school=None, route__isnull=False) | Q(school__isnull=False, route=None),
            ),
        ]

    def __str__(self):
        return f"{self.place} の練習 ({self.started_at:%Y-%m-%d})"

    @property
    def place(self):
        """The school whose roster is practised, or the city whose route is."""
        return self.school or self.municipality


class EscalationStepQuerySet(models.QuerySet):
    def due(self, now=None):
        """Pending steps whose time has come."""
        return self.filter(state=EscalationStepState.PENDING, due_at__lte=now or clock.now())


class EscalationStep(TimeOrderedModel):
    """One escalation step of a help request or a drill; the next is created when it is done."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    request = models.ForeignKey(
        HelpRequest, null=True, blank=True, on_delete=models.PROTECT, related_name="steps",
        db_index=False,
    )  # fmt: skip
    drill = models.ForeignKey(
        Drill, null=True, blank=True, on_delete=models.PROTECT, related_name="steps",
        db_index=False,
    )  # fmt: skip
    number = models.PositiveSmallIntegerField("何番め")
    kind = models.CharField("だれに", max_length=8, choices=EscalationStepKind.choices)
    due_at = models.DateTimeField("予定")
    state = models.CharField(
        "状態",
        max_length=8,
        choices=EscalationStepState.choices,
        default=EscalationStepState.PENDING,
    )
    done_at = models.DateTimeField("知らせた時", null=True, blank=True)

    objects = EscalationStepQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "知らせる順"
        ordering = ["number"]
        constraints = [
            *choices_checks(kind=EscalationStepKind, state=EscalationStepState),
            check(
                "step_of_a_request_or_a_drill",
                Q(request=None, drill__isnull=False) | Q(request__isnull=False, drill=None),
            ),
            unique(["request", "number"], name="step_once_a_request"),
            unique(["drill", "number"], name="step_once_a_drill"),
            unique(["request"], name="one_step_waits", condition=Q(state="pending")),
            check(
                "step_done_not_before_due",
                Q(state="done", done_at__gte=F("due_at")) | (~Q(state="done") & Q(done_at=None)),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="pending"), name="step_due")
        ]  # fmt: skip

    def __str__(self):
        return f"{self.get_kind_display()} ({self.get_state_display()})"

    @property
    def late_s(self):
        """Seconds between planned and actual time, or None before it is done."""
        return (self.done_at - self.due_at).total_seconds() if self.done_at else None


class CallQuerySet(models.QuerySet):
    def due(self, now=None):
        """Mails to be sent that no worker has claimed."""
        return self.filter(mail_state=CallMailState.PENDING, next_at__lte=now or clock.now())


class Call(TimeOrderedModel):
    """One person called in one step. The mail's state is kept here; push deliveries in ``push``."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    step = models.ForeignKey(
        EscalationStep, on_delete=models.PROTECT, related_name="calls", db_index=False
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="だれに", on_delete=models.PROTECT, related_name="+"
    )
    role = models.CharField("立場", max_length=40)
    called_at = models.DateTimeField("知らせた時", default=clock.now)
    n_devices = models.PositiveSmallIntegerField("通知の端末", default=0)
    mail_state = models.CharField("メール", max_length=8, choices=CallMailState.choices)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=clock.now)
    mailed_at = models.DateTimeField("メールを送った時", null=True, blank=True)
    looked_at = models.DateTimeField("見た時", null=True, blank=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "呼び出し"
        ordering = ["called_at"]
        constraints = [
            choices_check("mail_state", CallMailState),
            unique(["step", "person"], name="call_once_a_step"),
            check("call_sent_has_its_time", set_when("mailed_at", mail_state="sent")),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(mail_state="pending"), name="call_due")
        ]  # fmt: skip

    def __str__(self):
        return f"{self.role_name} ({self.called_at:%Y-%m-%d %H:%M})"

    @property
    def role_name(self):
        """The role in which this person was called, in words for staff."""
        return Role(self.role).label
