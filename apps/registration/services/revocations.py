"""Revoking a print run of letters as a whole, e.g. a stolen box or a stack given to the wrong
class.
"""

from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.audit.models import Action
from apps.audit.services.audit_events import record_about
from apps.core import clock
from apps.people.act_rules import ActEffects
from apps.people.models import PendingAct, User
from apps.people.permissions import role_of
from apps.people.services import act_processing, pending_acts
from apps.registration.models import (
    GuardianRegistration,
    InvitationLetter,
    PrintedSheet,
    RegistrationState,
    SheetKind,
)

REVOKE = VERB = "letters.revoke"


def effects_of_revocation(sheet: PrintedSheet) -> ActEffects:
    """What revoking this run would end, and who has already registered with one of its letters."""
    if sheet.kind != SheetKind.LETTERS or sheet.revoked_at is not None:
        return ActEffects("", {})
    registered = GuardianRegistration.objects.filter(invitation__printings__sheet=sheet)
    preview = {
        "letters": _not_ended(sheet).count(),
        "waiting": registered.filter(state=RegistrationState.WAITING).count(),
        "confirmed": registered.filter(state=RegistrationState.CONFIRMED).count(),
    }
    names = [("どこ", [str(sheet.school_class or sheet.school)])]
    return ActEffects(REVOKE, preview, names, sheet.municipality_id, sheet.school_id)


@transaction.atomic
def revoke_print_run(sheet: PrintedSheet, *, by: User, reason: str) -> PendingAct:
    """End every letter of a run at once; returns the PendingAct to be confirmed afterwards.

    Existing registrations stay and are flagged in the school's list. Raises pending_acts.CannotAct.
    """
    sheet = PrintedSheet.objects.select_for_update(of=("self",)).get(pk=sheet.pk)
    effects = effects_of_revocation(sheet)
    if not effects.kind:
        raise pending_acts.CannotAct("この印刷の手紙は、もう止めてあります。")
    letters = list(
        _not_ended(sheet).order_by("pk").select_for_update().values_list("pk", flat=True)
    )
    now = clock.now()
    InvitationLetter.objects.filter(pk__in=letters).update(revoked_at=now)
    sheet.revoked_at, sheet.revoked_by = now, by
    sheet.save(update_fields=["revoked_at", "revoked_by"])
    _record(sheet, by, ["revoked_at"])
    return pending_acts.propose_effects(
        effects, sheet, by=by, reason=reason,
        payload={"changes": {"revoked_at": True}, "letters": [str(pk) for pk in letters]},
    )  # fmt: skip


def apply_revocations() -> None:
    """Restore the letters of runs whose revocation was stopped; close what was confirmed."""
    act_processing.process_acts(REVOKE, put_back=_restore_letters)


def registered_by_revoked_letter(registrations) -> set[UUID]:
    """The ids of registrations whose letter was on a revoked run."""
    found = GuardianRegistration.objects.filter(
        pk__in=[each.pk for each in registrations],
        invitation__printings__sheet__revoked_at__isnull=False,
    )
    return set(found.values_list("pk", flat=True))


def _not_ended(sheet):
    """Letters that nothing has ended, also unusable ones: a student may return."""
    letters = sheet.codes.exclude(invitation=None).values("invitation")
    return InvitationLetter.objects.filter(pk__in=letters, used_at=None, revoked_at=None)


def _restore_letters(act):
    """Restore the letters, except where their owner has a newer one."""
    sheet = PrintedSheet.objects.get(pk=act.thing_id)
    ended = InvitationLetter.objects.filter(
        pk__in=act.payload["letters"], revoked_at=sheet.revoked_at
    )
    newer = InvitationLetter.objects.filter(used_at=None, revoked_at=None)
    students = newer.exclude(student=None).values("student")
    guardians = newer.exclude(guardian=None).values("guardian")
    ended.exclude(Q(student__in=students) | Q(guardian__in=guardians)).update(revoked_at=None)
    sheet.revoked_at = sheet.revoked_by = None
    sheet.save(update_fields=["revoked_at", "revoked_by"])
    _record(sheet, act.stopped_by, ["revoked_at"])


def _record(sheet, by, fields):
    role = role_of(by, sheet.school, VERB) if by else "system"
    record_about(sheet, Action.LETTERS_REVOKED, actor=by, role=role, fields=fields)
