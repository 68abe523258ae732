"""Invitations of staff: a link by mail and a code by telephone; both are needed."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core import clock
from apps.core.constraints import both_or_neither, check, choices_check
from apps.core.sealed_field import SealedTextField
from apps.people.models import (
    PendingAct,
    PostFields,
    Role,
    StaffPost,
)
from apps.vault.models import SealedCode

MAX_WRONG_CODES = 5  # wrong codes; then a new invitation is needed


class StaffInvitationQuerySet(models.QuerySet):
    def unused(self):
        """Neither used nor ended, also those that have expired."""
        return self.filter(used_at=None, revoked_at=None)

    def usable(self):
        """Invitations that are valid now, to posts whose time has not passed."""
        found = self.unused().filter(expires_at__gt=clock.now(), wrong_codes__lt=MAX_WRONG_CODES)
        return found.filter(Q(ends_on=None) | Q(ends_on__gte=clock.today()))


class StaffInvitation(PostFields, SealedCode):
    """One post offered to one person. The sealed code is the number in the mailed URL.

    ``voice_code`` is read out and erased once it is used. ``is_first``: for one of the first two
    staff members, whose URL the operator hands over; mail and name are given when it is used.
    """

    code_label, codes_in_use, codes_what = (
        "staff invitation",
        "usable",
        "codes of staff invitations",
    )

    grade = models.CharField("学年", max_length=3, blank=True)
    name = models.CharField("名前", max_length=120, blank=True)
    mail = models.EmailField("メールアドレス", blank=True)
    voice_code = SealedTextField("声で伝える番号", max_length=20, blank=True)
    wrong_codes = models.PositiveSmallIntegerField("まちがえた回数", default=0)
    is_first = models.BooleanField("はじめの二人", default=False)
    act = models.ForeignKey(PendingAct, null=True, on_delete=models.PROTECT, related_name="+")
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="招待した人", null=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    post = models.ForeignKey(
        StaffPost, verbose_name="担当", null=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="確かめた人", null=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    issued_at = models.DateTimeField("出した時", default=clock.now)
    expires_at = models.DateTimeField("使える期限")
    used_at = models.DateTimeField("使った時", null=True, blank=True)
    revoked_at = models.DateTimeField("使えなくした時", null=True, blank=True)

    objects = StaffInvitationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "職員の招待"
        ordering = ["-issued_at"]
        constraints = [
            choices_check("role", Role),
            check(
                "staff_invitation_names_somebody",
                Q(is_first=True) | ~Q(mail="") & ~Q(name="") & Q(act__isnull=False),
            ),
            check("staff_invitation_used_whole", both_or_neither("used_at", "post")),
        ]
        indexes = [models.Index(fields=["issued_at"], name="invitation_newest")]

    def __str__(self):
        return f"{self.get_role_display()}への招待"
