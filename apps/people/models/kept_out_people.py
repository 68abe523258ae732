"""People kept out from a child before any account or guardianship of theirs exists."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.core.constraints import both_or_neither, check, choices_checks
from apps.core.models import UUIDModel, no_truncate, only_resealed
from apps.core.sealed_field import SealedTextField
from apps.people.models.choices import Role, StandingReason
from apps.people.models.places import Municipality
from apps.people.models.students import Student
from apps.people.models.users import User


class KeptOutPersonQuerySet(models.QuerySet):
    def in_force(self) -> "KeptOutPersonQuerySet":
        """Those that two people have not ended."""
        return self.filter(ended_at=None)


class KeptOutPerson(UUIDModel):
    """A person kept out from a child, kept as digests of their names, addresses and numbers.

    Nobody can read who it is. ``digest_key`` is the row's own key of the digests, sealed: a change
    of the portal's keys seals it anew and leaves the digests as they are.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    digest_key = SealedTextField("照合の鍵", editable=False)
    name_digests = ArrayField(models.CharField(max_length=64), default=list, editable=False)
    contact_digests = ArrayField(models.CharField(max_length=64), default=list, editable=False)
    reason = models.CharField("わけ", max_length=8, choices=StandingReason.choices)
    document_number = SealedTextField("書類の番号", max_length=60)
    set_by = models.ForeignKey(
        User, verbose_name="だれが", on_delete=models.PROTECT, related_name="+"
    )
    set_role = models.CharField("その立場", max_length=20, choices=Role.choices)
    set_at = models.DateTimeField("いつ")
    form_key = models.UUIDField(unique=True, editable=False)
    ended_at = models.DateTimeField("といた時", null=True)
    ended_by = models.ForeignKey(
        User, verbose_name="といた人", null=True, on_delete=models.PROTECT, related_name="+"
    )
    changes_later = ("document_number", "digest_key", "ended_at", "ended_by")

    objects = KeptOutPersonQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "登録の前から制限している人"
        ordering = ["-set_at", "pk"]
        constraints = [
            *choices_checks(reason=StandingReason, set_role=Role),
            check("kept_out_person_ended_by_whom", both_or_neither("ended_at", "ended_by")),
            check("kept_out_person_is_somebody", ~Q(name_digests=[]) | ~Q(contact_digests=[])),
        ]
        indexes = [
            models.Index(  # who is kept out from a child today
                fields=["student"], condition=Q(ended_at=None), name="kept_out_people_of_child"
            ),
            models.Index(fields=["set_at"], name="kept_out_people_newest"),  # the list
        ]
        triggers = [
            pgtrigger.Protect(name="stays", operation=pgtrigger.Delete),
            no_truncate(),
            pgtrigger.ReadOnly(
                name="as_it_was",
                exclude=["document_number", "digest_key", "ended_at", "ended_by"],
            ),
            pgtrigger.Protect(
                name="ends_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__ended_at__isnull=False)
                & pgtrigger.Q(new__ended_at__df=pgtrigger.F("old__ended_at")),
            ),
            only_resealed("document_number"),
            only_resealed("digest_key"),
        ]

    def __str__(self) -> str:
        return f"制限 ({self.set_at:%Y-%m-%d})"
