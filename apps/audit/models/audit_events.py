"""One row for everything done or seen. No content, no foreign keys that could cascade."""

from datetime import UTC

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from apps.audit.event_codes import (
    ACTION_NUMBERS,
    AUDIENCE_NUMBERS,
    PURPOSE_NUMBERS,
    ROLE_NUMBERS,
)
from apps.audit.models.choices import Action, Audience, EventReason
from apps.core import clock
from apps.core.compact_fields import (
    CodeField,
    IdentifierField,
    SparseArrayField,
    numbers_in_words,
)
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


MONTH_OF = (  # as ``month_of`` counts it
    "(EXTRACT(YEAR FROM %(expressions)s AT TIME ZONE 'UTC') * 12 "
    "+ EXTRACT(MONTH FROM %(expressions)s AT TIME ZONE 'UTC'))"
)
NEWEST_FIRST = ("-month", "-at", "-id")  # as the index on who an event is about has it


class AuditEventQuerySet(models.QuerySet):
    def about(self, subject_id):
        """Everything about one person, newest first."""
        return self.filter(subject_id=subject_id).order_by(*NEWEST_FIRST)

    def since(self, at):
        """Events after a time (datetime); those about one person are found without the older ones."""
        return self.filter(at__gt=at, month__gte=month_of(at))

    def shown_to_family(self):
        """Without events hidden from the guardian to protect the student."""
        return self.filter(audience=Audience.OPEN)


def month_of(at):
    """The month (UTC) of a time, counted from the beginning of the calendar."""
    at = at.astimezone(UTC)
    return at.year * 12 + at.month


def _code_field(label, numbers, **options):
    return CodeField(label, numbers=numbers, db_comment=numbers_in_words(numbers), **options)


class AuditEvent(models.Model):
    """Who did or saw what, about whom, when and why. Field names, never values.

    A student's year are seven hundred of these: codes are stored as numbers (event_codes), ids in
    their own bytes.
    """

    at = models.DateTimeField("いつ", default=clock.now, editable=False)
    municipality_id = models.UUIDField("自治体", null=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="だれが", null=True, on_delete=models.DO_NOTHING,
        db_constraint=False, related_name="+", db_index=False,
    )  # fmt: skip
    actor_role = _code_field("立場", ROLE_NUMBERS)
    action = _code_field("操作", ACTION_NUMBERS, choices=Action.choices)
    subject_id = models.UUIDField("だれについて", null=True)
    thing = models.CharField("対象", max_length=60, blank=True)
    thing_id = IdentifierField("対象の番号", blank=True)
    purpose = _code_field("利用目的", PURPOSE_NUMBERS, blank=True)
    reason_code = models.CharField("理由", max_length=20, blank=True, choices=EventReason.choices)
    is_emergency = models.BooleanField("緊急の閲覧", default=False)
    detail = models.CharField(
        "くわしく", max_length=60, blank=True
    )  # a code: a rule, a state, a fault
    fields = SparseArrayField(models.CharField(max_length=60), verbose_name="項目")
    n_people = models.PositiveIntegerField("何人について", null=True)  # of a page that names people
    n_rows = models.PositiveIntegerField("何件について", null=True)  # of a sweep
    audience = _code_field(
        "見える範囲", AUDIENCE_NUMBERS, choices=Audience.choices, default=Audience.OPEN
    )
    month = models.GeneratedField(
        expression=models.Func(models.F("at"), template=MONTH_OF, arity=1),
        output_field=models.SmallIntegerField(), db_persist=True,
    )  # fmt: skip

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "操作・閲覧の記録"
        constraints = [
            *choices_checks(action=Action, audience=Audience),
            choices_check("reason_code", EventReason, blank=True),
            check("audit_role_known", models.Q(actor_role__in=list(ROLE_NUMBERS))),
            check("audit_purpose_known", models.Q(purpose__in=list(PURPOSE_NUMBERS))),
            check("audit_emergency_has_a_reason", ~models.Q(is_emergency=True, reason_code="")),
        ]
        indexes = [
            # who looked, newest first: one entry names all events of a person in a month
            models.Index(fields=["subject_id", "month"], name="audit_subject"),
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
            # the rare events about a row that is no person
            models.Index(
                fields=["thing_id"],
                condition=~models.Q(action__in=FREQUENT_ACTIONS) & ~models.Q(thing_id=""),
                name="audit_rare_thing",
            ),
            # what was changed since a page was opened; the record of some days
            BrinIndex(fields=["at"], autosummarize=True, name="audit_at"),
        ]
        triggers = append_only()

    def __str__(self):
        return f"{self.get_action_display()} ({self.at:%Y-%m-%d %H:%M})"
