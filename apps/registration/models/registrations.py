"""Registrations with a letter: waiting, confirmed by the school, refused or lapsed."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.core import clock
from apps.core.constraints import (
    both_or_neither,
    check,
    choices_check,
    choices_checks,
    empty_when,
    set_when,
    unique,
)
from apps.core.models import UUIDModel, append_only, append_only_but_resealed
from apps.core.sealed_field import SealedTextField
from apps.people.models import Guardian, Municipality, Role, School, Student
from apps.registration.models.choices import EvidenceKind, RegistrationState

CONFIRMATION_PERIOD = timedelta(days=40)  # afterwards an unconfirmed registration lapses


class RegistrationQuerySet(models.QuerySet):
    def waiting(self):
        """Registrations the school may still confirm."""
        return self.filter(
            state=RegistrationState.WAITING, registered_at__gt=clock.now() - CONFIRMATION_PERIOD
        )

    def overdue(self):
        """Unconfirmed registrations whose time is over and that have not ended yet."""
        return self.filter(
            state=RegistrationState.WAITING, registered_at__lte=clock.now() - CONFIRMATION_PERIOD
        )


class GuardianRegistration(UUIDModel):
    """An account that registered with a letter; it becomes the guardian's once the school confirms.

    ``guardian`` is the one named by the roster where the letter was addressed to them. With a child
    letter (``student``) it is the row with the names that the newcomer gave, linked to the child
    with the standing ``waiting``.

    ``school`` is the one that wrote the letter: the newcomer is told to ask there, and never learns
    of a later school of the child. ``has_secret``: somebody must not learn of this person and the
    child; ``safe_contact`` says how to reach them, read by the lead and the city alone.

    ``said_names``: the names as the newcomer wrote them, where the guardian's row was not renamed
    (``services.guardian_names``); "" where the row has them.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    guardian = models.ForeignKey(
        Guardian, verbose_name="保護者", on_delete=models.PROTECT, related_name="registrations"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="アカウント", on_delete=models.PROTECT,
        related_name="registrations",
    )  # fmt: skip
    invitation = models.ForeignKey(
        "registration.InvitationLetter", on_delete=models.PROTECT, related_name="registrations"
    )
    student = models.ForeignKey(
        Student, verbose_name="生徒", null=True, on_delete=models.PROTECT, related_name="+"
    )
    school = models.ForeignKey(
        School, verbose_name="学校", null=True, on_delete=models.PROTECT, related_name="+"
    )
    registered_at = models.DateTimeField("登録した時")
    tells_others = models.BooleanField("ほかの保護者に知らせてよい", default=False)
    has_secret = models.BooleanField("知られては困る人がいる", default=False, db_default=False)
    safe_contact = SealedTextField(
        "安全に連絡できる電話番号や時間", max_length=200, blank=True, default=""
    )
    said_names = SealedTextField("本人が書いた名前", max_length=300, blank=True, default="")
    on_students_device = models.BooleanField(
        "生徒がサインインした端末で開いた", default=False, db_default=False
    )
    # staff accounts that had signed in on the device that opened the letter
    staff_on_device = ArrayField(
        models.UUIDField(), default=list, db_default=[], blank=True, editable=False
    )
    reminded_at = models.DateTimeField("学校に知らせた時", null=True, editable=False)
    state = models.CharField(
        "状態", max_length=10, choices=RegistrationState.choices, default=RegistrationState.WAITING
    )
    ended_at = models.DateTimeField("決まった時", null=True)
    refused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="保護者ではないとした人", null=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "保護者の登録の確認"
        ordering = ["-registered_at"]
        constraints = [
            choices_check("state", RegistrationState),
            unique(
                ["guardian", "student"],
                name="registration_one_at_a_time",
                condition=Q(state=RegistrationState.WAITING),
                nulls_distinct=False,
            ),
            check("registration_secret_is_not_told", Q(has_secret=False) | Q(tells_others=False)),
            check("registration_safe_contact_of_a_secret", Q(has_secret=True) | Q(safe_contact="")),
            check(
                "registration_ended_when", empty_when("ended_at", state=RegistrationState.WAITING)
            ),
            check(
                "registration_refused_by_whom",
                set_when("refused_by", state=RegistrationState.REFUSED),
            ),
        ]
        indexes = [
            models.Index(fields=["registered_at"], name="registration_newest"),
            models.Index(  # what waits, or ended otherwise than by being confirmed
                fields=["registered_at"],
                condition=~Q(state="confirmed"),
                name="registration_not_in",
            ),
        ]

    def __str__(self):
        return f"登録 ({self.registered_at:%Y-%m-%d})"

    @property
    def is_waiting(self):
        """Whether the school may still confirm it."""
        return self.state == RegistrationState.WAITING and self.waits_until > clock.now()

    @property
    def waits_until(self):
        """When it lapses if nobody has confirmed it."""
        return self.registered_at + CONFIRMATION_PERIOD


class RegistrationConfirmation(UUIDModel):
    """A member of staff's confirmation that this guardian is the person who registered."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    registration = models.ForeignKey(
        GuardianRegistration,
        on_delete=models.PROTECT,
        related_name="confirmations",
        db_index=False,
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_role = models.CharField("立場", max_length=20, choices=Role.choices)
    confirmed_at = models.DateTimeField("いつ")

    class Meta:
        verbose_name = verbose_name_plural = "保護者が来たことの確認"
        constraints = [
            unique(["registration", "confirmed_by"], name="registration_confirmed_once_a_person"),
            choices_check("confirmed_role", Role),
        ]
        triggers = append_only()

    def __str__(self):
        return f"確認 ({self.confirmed_at:%Y-%m-%d})"


class RegistrationEvidence(UUIDModel):
    """One piece of evidence about a newcomer, and who recorded it."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    registration = models.ForeignKey(
        GuardianRegistration,
        on_delete=models.PROTECT,
        related_name="evidence",
        db_index=False,
    )
    kind = models.CharField("何で", max_length=10, choices=EvidenceKind.choices)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recorded_role = models.CharField("立場", max_length=20, choices=Role.choices)
    recorded_at = models.DateTimeField("いつ")
    document_number = SealedTextField("書類の番号", max_length=60, blank=True)
    changes_later = ("document_number",)

    class Meta:
        verbose_name = verbose_name_plural = "保護者と確かめたこと"
        constraints = [
            unique(["registration", "kind", "recorded_by"], name="evidence_once_a_person"),
            *choices_checks(kind=EvidenceKind, recorded_role=Role),
        ]
        triggers = append_only_but_resealed("document_number")

    def __str__(self):
        return f"{self.get_kind_display()} ({self.recorded_at:%Y-%m-%d})"


class GuardianObjection(UUIDModel):
    """A guardian's statement that another registered guardian should not be there.

    It blocks nothing: the school looks into it, and the family does not learn the result.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    registration = models.ForeignKey(
        GuardianRegistration, verbose_name="登録", on_delete=models.PROTECT,
        related_name="objections", db_index=False,
    )  # fmt: skip
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="+"
    )
    objected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="だれが", on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    objected_at = models.DateTimeField("いつ")
    looked_at = models.DateTimeField("学校が見た時", null=True, editable=False)
    looked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="見た人", null=True, editable=False,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip

    class Meta:
        verbose_name = verbose_name_plural = "心当たりがないという知らせ"
        ordering = ["objected_at"]
        constraints = [
            unique(["registration", "student", "objected_by"], name="objection_once_a_person"),
            check("objection_looked_at_by_whom", both_or_neither("looked_at", "looked_by")),
        ]
        indexes = [  # those the school has not looked into
            models.Index(fields=["student"], condition=Q(looked_at=None), name="objection_open")
        ]

    def __str__(self):
        return f"心当たりがない ({self.objected_at:%Y-%m-%d})"
