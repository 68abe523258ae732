"""One row for everything done or seen. No content, no foreign keys that could cascade."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from apps.audit.models.choices import Action, Audience, EventReason
from apps.core import clock
from apps.core.constraints import check, choices_check, choices_checks
from apps.core.models import append_only

FREQUENT_ACTIONS = [  # most events of a school day are of these
    Action.SEALED_OPENED.value, Action.SEALED_EVALUATED.value, Action.SEALED_OWN.value,
    Action.SEALED_GUARDIAN.value, Action.NAMES_SHOWN.value, Action.SIGNED_IN.value,
    Action.CHECKIN_SUBMITTED.value,
]  # fmt: skip
READ_ACTIONS = frozenset(  # actions that leave their object unchanged
    {
        Action.SEALED_OPENED, Action.SEALED_EVALUATED, Action.SEALED_OWN, Action.SEALED_GUARDIAN,
        Action.DATA_TAKEN, Action.NAMES_SHOWN, Action.CARD_PRINTED, Action.INVITATION_PRINTED,
        Action.LETTERS_FETCHED,
        Action.NOTICE_HANDED_OUT, Action.HELP_SEEN, Action.SIGNED_IN,
    }
)  # fmt: skip


class AuditEventQuerySet(models.QuerySet):
    def about(self, subject_id):
        """Everything about one person, newest first."""
        return self.filter(subject_id=subject_id).order_by("-at", "-id")

    def shown_to_family(self):
        """Without events hidden from the guardian to protect the student."""
        return self.filter(audience=Audience.OPEN)


class AuditEvent(models.Model):
    """Who did or saw what, about whom, when and why. Field names, never values."""

    at = models.DateTimeField("いつ", default=clock.now, editable=False)
    municipality_id = models.UUIDField("自治体", null=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="だれが", null=True, on_delete=models.DO_NOTHING,
        db_constraint=False, related_name="+", db_index=False,
    )  # fmt: skip
    actor_role = models.CharField("立場", max_length=40)
    action = models.CharField("操作", max_length=40, choices=Action.choices)
    subject_id = models.UUIDField("だれについて", null=True)
    thing = models.CharField("対象", max_length=60, blank=True)
    thing_id = models.CharField("対象の番号", max_length=60, blank=True)
    purpose = models.CharField("利用目的", max_length=40, blank=True)
    reason_code = models.CharField("理由", max_length=20, blank=True, choices=EventReason.choices)
    is_emergency = models.BooleanField("緊急の閲覧", default=False)
    detail = models.CharField(
        "くわしく", max_length=60, blank=True
    )  # a code: a rule, a state, a fault
    fields = ArrayField(models.CharField(max_length=60), verbose_name="項目", default=list)
    n_people = models.PositiveIntegerField("何人について", null=True)  # of a page that names people
    n_rows = models.PositiveIntegerField("何件について", null=True)  # of a sweep
    audience = models.CharField(
        "見える範囲", max_length=12, choices=Audience.choices, default=Audience.OPEN
    )

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "操作・閲覧の記録"
        constraints = [
            *choices_checks(action=Action, audience=Audience),
            choices_check("reason_code", EventReason, blank=True),
            check("audit_emergency_has_a_reason", ~models.Q(is_emergency=True, reason_code="")),
        ]
        indexes = [
            # "who looked", newest first
            models.Index(fields=["subject_id", "at"], name="audit_subject"),
            # a city's events of one rare action, newest first; a frequent one is found from the end
            models.Index(
                fields=["municipality_id", "action", "id"],
                condition=~models.Q(action__in=FREQUENT_ACTIONS),
                name="audit_rare_action",
            ),
            # who opened something for a student's safety: a second person decides who may know
            models.Index(
                fields=["at"],
                condition=models.Q(
                    action=Action.SEALED_OPENED.value,
                    audience=Audience.PROTECTIVE.value,
                    reason_code=EventReason.SAFETY.value,
                ),
                name="audit_safety",
            ),
            # what was changed since a page was opened; the record of some days
            BrinIndex(fields=["at"], autosummarize=True, name="audit_at"),
        ]
        triggers = append_only()

    def __str__(self):
        return f"{self.get_action_display()} ({self.at:%Y-%m-%d %H:%M})"
