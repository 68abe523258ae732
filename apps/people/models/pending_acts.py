"""Staff actions that wait for a second person or for their time."""

import pgtrigger
from django.db import models
from django.db.models import Q

from apps.core import clock
from apps.core.constraints import check, choices_check, two_people, unique
from apps.core.models import UUIDModel, no_truncate, only_resealed
from apps.core.sealed_field import SealedJSONField, SealedTextField
from apps.people.act_kinds import ACT_KINDS
from apps.people.act_types import LAPSES_AFTER, ActTiming
from apps.people.models.choices import ActState, Role
from apps.people.models.places import Municipality, School
from apps.people.models.users import User

FOR_TWO = ", ".join(f"'{kind}'" for kind in sorted(ACT_KINDS) if ACT_KINDS[kind].decider_fields)
# What only the two deciders could read is deleted once the act is closed (closed_acts).
CLOSED_FOR_TWO = (
    f"NEW.kind IN ({FOR_TWO}) AND (NEW.stopped_at IS NOT NULL OR NEW.done_at IS NOT NULL)"
)


class PendingActQuerySet(models.QuerySet):
    def open(self):
        """Neither stopped nor carried out."""
        return self.filter(stopped_at=None, done_at=None)

    def unconfirmed(self):
        """Those that wait for a second person."""
        return self.open().filter(needs_second=True, confirmed_at=None)

    def lapsing(self):
        """Those nobody confirmed in time. What works at once stays until somebody decides."""
        waits = [kind for kind, act in ACT_KINDS.items() if act.when != ActTiming.AT_ONCE]
        return self.unconfirmed().filter(
            kind__in=waits, proposed_at__lte=clock.now() - LAPSES_AFTER
        )

    def due(self):
        """Those to be carried out now."""
        return self.open().filter(due_at__lte=clock.now())


class PendingAct(UUIDModel):
    """One act of a kind of apps.people.act_kinds, from its proposal to its end.

    The row is the queue: the app that knows the kind carries it out once it is due. ``payload``
    holds codes and values of settings only, ``preview`` the numbers the first person was shown.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    school = models.ForeignKey(
        School, verbose_name="学校(空なら自治体全体)", null=True, on_delete=models.PROTECT
    )
    kind = models.CharField("何をする", max_length=30)
    thing_id = models.CharField("対象の番号", max_length=60)
    title = models.CharField("対象", max_length=120)
    payload = SealedJSONField("内容", default=dict)
    preview = models.JSONField("見せた数", default=dict)
    reason = SealedTextField("理由", max_length=300)
    needs_second = models.BooleanField("二人目がいる", default=True)
    proposed_by = models.ForeignKey(
        User, verbose_name="はじめの人", on_delete=models.PROTECT, related_name="+"
    )
    proposed_role = models.CharField("その立場", max_length=20, choices=Role.choices)
    proposed_at = models.DateTimeField("はじめた時", default=clock.now)
    confirmed_by = models.ForeignKey(
        User, verbose_name="確かめた人", null=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_role = models.CharField("その立場", max_length=20, choices=Role.choices, blank=True)
    confirmed_at = models.DateTimeField("確かめた時", null=True)
    stopped_by = models.ForeignKey(
        User, verbose_name="止めた人", null=True, on_delete=models.PROTECT, related_name="+"
    )
    stopped_at = models.DateTimeField("止めた時", null=True)
    due_at = models.DateTimeField("行う時", null=True)
    done_at = models.DateTimeField("行った時", null=True)

    objects = PendingActQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "確認を待つ変更"
        ordering = ["-proposed_at"]
        constraints = [
            check("people_pendingact_kind_valid", Q(kind__in=sorted(ACT_KINDS))),
            check("people_pendingact_proposed_role_valid", Q(proposed_role__in=Role.values)),
            choices_check("confirmed_role", Role, blank=True),
            check("act_second_person", two_people("confirmed_by", "proposed_by")),
            check(
                "act_confirmation_whole",
                Q(confirmed_by=None, confirmed_at=None, confirmed_role="")
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(confirmed_role=""),
            ),
            check("act_stop_whole", Q(stopped_by=None) | Q(stopped_at__isnull=False)),
            check(
                "act_due_once_agreed",
                Q(due_at=None) | Q(needs_second=False) | Q(confirmed_at__isnull=False),
            ),
            check("act_has_a_reason", ~Q(reason="")),
            unique(
                ["kind", "thing_id"],
                name="act_open_once",
                condition=Q(stopped_at=None, done_at=None),
            ),
        ]
        indexes = [
            models.Index(fields=["proposed_at"], name="act_newest"),  # the list, newest first
            models.Index(
                fields=["municipality", "kind"],
                condition=Q(done_at=None),
                name="act_not_done",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="stays", operation=pgtrigger.Delete),
            no_truncate(),
            pgtrigger.ReadOnly(
                name="as_it_was",
                fields=[
                    "municipality", "school", "kind", "thing_id", "preview",
                    "needs_second", "proposed_by", "proposed_role", "proposed_at",
                ],
            ),
            only_resealed("payload", emptied_when=CLOSED_FOR_TWO),
            only_resealed("reason"),
        ]  # fmt: skip

    def __str__(self):
        return f"{ACT_KINDS[self.kind].name}: {self.title}"

    @property
    def is_reversible(self):
        """Whether it works already and can be put back as it was."""
        return ACT_KINDS[self.kind].when == ActTiming.AT_ONCE

    @property
    def is_stoppable(self):
        """Whether either of the two may put it back; else two people do, by another act."""
        return not ACT_KINDS[self.kind].undone_by

    @property
    def lapses_at(self):
        """When it ends by itself without a second person's word; None where it does not."""
        waits = self.needs_second and self.confirmed_at is None and self.stopped_at is None
        return self.proposed_at + LAPSES_AFTER if waits and not self.is_reversible else None

    @property
    def state(self):
        """The ActState it is in."""
        if self.stopped_at:
            by_nobody = ActState.VOID if self.confirmed_at else ActState.LAPSED
            return ActState.STOPPED if self.stopped_by_id else by_nobody
        if self.done_at:
            return ActState.DONE
        waits = self.needs_second and self.confirmed_at is None
        return ActState.WAITING if waits else ActState.AGREED
