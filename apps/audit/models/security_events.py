"""Security events: sign-ins, refusals, changed factors. No content, no names."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from apps.audit.models.choices import PersonKind, SecurityKind
from apps.core import clock
from apps.core.constraints import choices_checks, unique
from apps.core.models import no_truncate

KEPT_AT_LEAST_DAYS = 90  # younger rows cannot be deleted


CAUSED_BY_ANYONE = frozenset(  # possible for anybody: counted by network; the others also by person
    {
        SecurityKind.SIGN_IN_FAILED, SecurityKind.FACTOR_FAILED, SecurityKind.CODE_FAILED,
        SecurityKind.ACCESS_REFUSED, SecurityKind.CSRF_REFUSED, SecurityKind.HOST_REFUSED,
        SecurityKind.LIMIT_HIT, SecurityKind.UPLOAD_REFUSED, SecurityKind.CARD_LOCKED,
    }
)  # fmt: skip


class SecurityEvent(models.Model):
    """One event, or (``minute`` is set) how many of a kind came from one network in that minute.

    ``user`` is whose account it is or who did it, ``target_id`` the account or student to whom it
    was done by somebody else. ``detail`` is a code of ours: a sign-in method, a URL's name, a
    limit.
    """

    at = models.DateTimeField("いつ", default=clock.now, editable=False)
    last_at = models.DateTimeField("最後", null=True)
    minute = models.DateTimeField("まとめた分", null=True)
    n = models.PositiveIntegerField("回数", default=1)
    kind = models.CharField("できごと", max_length=24, choices=SecurityKind.choices)
    person_kind = models.CharField("立場", max_length=10, choices=PersonKind.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="だれ", null=True, on_delete=models.DO_NOTHING,
        db_constraint=False, db_index=False, related_name="+",
    )  # fmt: skip
    target_id = models.UUIDField("だれに", null=True)
    municipality_id = models.UUIDField("自治体", null=True)
    network = models.CharField("どこから", max_length=49, blank=True)
    detail = models.CharField("くわしく", max_length=60, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "安全の記録"
        constraints = [
            *choices_checks(kind=SecurityKind, person_kind=PersonKind),
            unique(
                ["kind", "network", "user", "minute"],
                name="audit_security_one_sum",
                condition=Q(minute__isnull=False),
                nulls_distinct=False,
            ),
        ]
        indexes = [
            # how many of a kind came within this minute
            models.Index(fields=["kind", "at"], name="audit_security_kind"),
            # the staff page of a city, newest first
            models.Index(fields=["municipality_id", "at"], name="audit_security_municipality"),
            # what happened to one account
            models.Index(fields=["user", "at"], name="audit_security_user"),
            # what is past its retention
            BrinIndex(fields=["at"], autosummarize=True, name="audit_security_at"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="only_sums_change",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                func=(
                    "IF OLD.minute IS NULL OR NEW.n <= OLD.n OR (NEW.kind, NEW.minute, NEW.network, "
                    "NEW.at) IS DISTINCT FROM (OLD.kind, OLD.minute, OLD.network, OLD.at) THEN "
                    "RAISE EXCEPTION 'append-only: a security event stays as it is'; END IF; "
                    "RETURN NEW;"
                ),
            ),
            pgtrigger.Trigger(
                name="kept_at_least",
                operation=pgtrigger.Delete,
                when=pgtrigger.Before,
                func=(
                    f"IF OLD.at > now() - interval '{KEPT_AT_LEAST_DAYS} days' THEN "
                    "RAISE EXCEPTION 'append-only: a security event is kept for "
                    f"{KEPT_AT_LEAST_DAYS} days'; END IF; RETURN OLD;"
                ),
            ),
            no_truncate(),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} ({self.at:%Y-%m-%d %H:%M})"
