"""A guardian's wish to talk with the school or the city about a child."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.constraints import both_or_neither, check, choices_check, choices_checks, unique
from apps.people.models import Guardianship, Role, User
from apps.people.permissions import not_own_class, posts_with
from apps.vault.models import SealedQuerySet, SealedRow

READ_VERB = "family.answer"


class FamilyRecipient(models.TextChoices):
    """Whom a guardian may ask: one role of the school, or the city."""

    LEAD = Role.PRINCIPAL.value, _("学校の管理職(校長・教頭)")
    NURSE = Role.NURSE.value, _("保健室の先生")
    COUNSELLOR = Role.COUNSELLOR.value, _("スクールカウンセラー")
    CITY = Role.CITY.value, _("市の担当者")


CITY_READERS = (Role.CITY, Role.FAMILY_CENTRE)


class FamilyState(models.TextChoices):
    SENT = "sent", _("送りました")
    SEEN = "seen", _("見ました")
    CONTACTED = "contacted", _("連絡しました")
    WITHDRAWN = "withdrawn", _("取り下げました")


class ReachWay(models.TextChoices):
    """How the guardian wants to be reached."""

    PHONE = "phone", _("電話")
    MAIL = "mail", _("メール")
    SCHOOL = "school", _("学校で会って")
    HOME = "home", _("手紙")


class FamilyTopic(models.TextChoices):
    SCHOOL = "school", _("学校での様子")
    FRIENDS = "friends", _("友だちのこと")
    STUDY = "study", _("勉強・進路")
    HOME = "home", _("家での暮らし")
    MONEY = "money", _("お金・手当・制度")
    BODY = "body", _("体や心")
    OTHER = "other", _("そのほか")


class FamilyRequestQuerySet(SealedQuerySet):
    def visible_to(self, user: User) -> "FamilyRequestQuerySet":
        """What was sent to this person's role, of guardians who may be spoken to today.

        Never of their own child or its class.
        """
        asked = Q(pk__in=[])
        for post in posts_with(user, READ_VERB):
            if post.school_id is not None:
                asked |= Q(
                    municipality=post.municipality_id,
                    student__school=post.school_id,
                    recipient=post.role,
                )
            elif post.role in CITY_READERS:
                asked |= Q(municipality=post.municipality_id, recipient=FamilyRecipient.CITY)
        guardians = Guardianship.objects.current().filter(
            student=OuterRef("student"), guardian__user=OuterRef("asked_by")
        )
        rows = self.filter(asked, not_own_class(user, "student__")).filter(Exists(guardians))
        return rows.exclude(state=FamilyState.WITHDRAWN)

    def open(self) -> "FamilyRequestQuerySet":
        """Those that nobody has answered, the longest waiting first."""
        return self.filter(state__in=[FamilyState.SENT, FamilyState.SEEN]).order_by("sent_at")


class FamilyRequest(SealedRow):
    """A guardian's wish to talk: encrypted {topic, words, way, contact, hours}.

    Its key ("family") needs no consent. It is the guardian's own; no student, no other guardian
    and no reader of help requests learns of it.
    """

    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="保護者のアカウント", on_delete=models.PROTECT,
        related_name="+", db_index=False,
    )  # fmt: skip
    recipient = models.CharField("だれに", max_length=12, choices=FamilyRecipient.choices)
    state = models.CharField(
        "状態", max_length=10, choices=FamilyState.choices, default=FamilyState.SENT
    )
    form_key = models.UUIDField(editable=False)
    sent_at = models.DateTimeField("送った時", default=clock.now)
    seen_at = models.DateTimeField("見た時", null=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    seen_role = models.CharField("見た人の立場", max_length=20, choices=Role.choices, blank=True)
    contacted_at = models.DateTimeField("連絡した時", null=True)
    withdrawn_at = models.DateTimeField("取り下げた時", null=True)

    objects = FamilyRequestQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = verbose_name_plural = "保護者からの相談"
        ordering = ["-sent_at"]
        constraints = [
            *choices_checks(recipient=FamilyRecipient, state=FamilyState),
            choices_check("seen_role", Role, blank=True),
            check("family_seen_whole", both_or_neither("seen_at", "seen_by")),
            check("family_contacted_after_seen", Q(contacted_at=None) | Q(seen_at__isnull=False)),
            unique(["asked_by", "form_key"], name="family_form_once"),
        ]
        indexes = [
            # the list of staff: what a role of a city was asked, newest first
            models.Index(fields=["municipality", "recipient", "-sent_at"], name="family_recipient"),
            # what is to be deleted: a year after it was sent, a month after it was withdrawn
            models.Index(fields=["sent_at"], name="family_sent"),
            models.Index(fields=["withdrawn_at"], condition=Q(withdrawn_at__isnull=False),
                         name="family_withdrawn"),
            # those that nobody has answered
            models.Index(fields=["sent_at"], condition=Q(state__in=["sent", "seen"]),
                         name="family_open"),
            # those with contact lately
            models.Index(fields=["contacted_at"], condition=Q(contacted_at__isnull=False),
                         name="family_contacted"),
            # a guardian's own about one child, newest first
            models.Index(fields=["asked_by", "student", "-sent_at"], name="family_own"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"保護者からの相談 ({self.get_state_display()})"

    @classmethod
    def may_all_be_opened(cls, rows: list[Any], actor: User) -> bool:
        """Whether every one of these was sent to this person's role."""
        pks = {row.pk for row in rows}
        return cls.objects.filter(pk__in=pks).visible_to(actor).count() == len(pks)
