"""Staff correct the name that a guardian gave in a registration, once it is confirmed.

One person does it at once where the guardian is only informed; where they decide for any child a
second person agrees first, or one person could hand a decision to another name. Waiting newcomers
correct it themselves (``newcomer_corrections``); a roster corrects the names that it gave.
"""

from dataclasses import asdict, astuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.models import Audience
from apps.people.act_kinds import ACT_KINDS
from apps.people.act_rules import ActEffects
from apps.people.models import Guardian, GuardianOrigin, Guardianship, PendingAct, User
from apps.people.permissions import may, role_of
from apps.people.services import act_processing, closed_acts, pending_acts
from apps.people.services.person_accounts import OWN_FAMILY_REFUSED, children_of_person
from apps.people.services.recorded_changes import record_change
from apps.registration.services.guardian_names import (
    FIELDS,
    GuardianNames,
    names_of_guardian,
    was_kept_out,
)

RENAME = "guardian.rename"  # the kind of the act
VERB = "guardians.keep_out"
CHANGED = _("ほかの人が先に名前を直しました。いまの名前を見て、もう一度直してください。")
NOT_HERE = _("この保護者の名前は、ここでは直せません。")
SAME = _("名前は、いまのままです。")


class CannotRename(Exception):
    """The name is not corrected; the message is for staff."""


def may_rename(guardianship: Guardianship, user: User) -> bool:
    """Whether this person may correct the name of the guardianship's guardian."""
    return may(user, VERB, guardianship.student) and not why_not(guardianship, user)


def why_not(guardianship: Guardianship, user: User) -> str:
    """Why this person may not correct the name; "" where they may."""
    guardian = guardianship.guardian
    is_theirs = guardian.origin == GuardianOrigin.LETTER and not guardian.source_id
    is_theirs = is_theirs and guardian.master_id is None
    confirmed = Guardianship.objects.current().filter(pk=guardianship.pk)
    if guardianship.student_id in children_of_person(user):
        return OWN_FAMILY_REFUSED
    if not is_theirs or not confirmed.exists() or was_kept_out(guardian):
        return NOT_HERE
    return ""


def decides(guardian: Guardian) -> bool:
    """Whether the guardian decides for any child."""
    return Guardianship.objects.deciding().filter(guardian=guardian).exists()


def effects_of_renaming(guardianship: Guardianship) -> ActEffects:
    """What correcting the name changes; kind "" where one person does it at once."""
    if not decides(guardianship.guardian):
        return ActEffects("", {})
    return ActEffects(
        RENAME, {"guardians": 1}, [], guardianship.municipality_id, guardianship.student.school_id
    )


@transaction.atomic
def rename_informed(
    guardianship: Guardianship, names: GuardianNames, *, before: GuardianNames, by: User
) -> None:
    """Correct the name of a guardian who decides for nobody, at once. Raises CannotRename."""
    guardian = _checked(guardianship, names, before, by)
    if decides(guardian):
        raise CannotRename(NOT_HERE)
    _write(guardianship, guardian, names, by, role_of(by, guardianship.student, VERB))


@transaction.atomic
def propose_renaming(
    guardianship: Guardianship,
    names: GuardianNames,
    *,
    before: GuardianNames,
    by: User,
    reason: str,
) -> PendingAct:
    """Ask a second person to agree to the corrected name; nothing changes until then.

    Raises CannotRename, pending_acts.CannotAct.
    """
    guardian = _checked(guardianship, names, before, by)
    effects = effects_of_renaming(guardianship)
    if not effects.kind or guardian.pk != guardianship.guardian_id:
        raise CannotRename(NOT_HERE)
    with pending_acts.with_shown_lines([], []):  # only the two people may see the names
        return pending_acts.propose_effects(
            effects, guardianship, title=ACT_KINDS[RENAME].name, by=by, reason=reason,
            payload={
                "changes": {"guardian": True},
                "was": in_words(before),
                "name": in_words(names),
                "names_before": list(astuple(before)),
                "names": list(astuple(names)),
            },
        )  # fmt: skip


def follow_renamings() -> int:
    """Apply the renames on which two people agreed; returns how many. Closed acts keep no name."""
    n_done = act_processing.process_acts(RENAME, carry_out=_carry_out, put_back=lambda act: None)
    closed_acts.destroy_payloads(RENAME)
    return n_done


def _carry_out(act):
    guardianship = (
        Guardianship.objects.current().filter(pk=act.thing_id).select_related("student").first()
    )
    guardian = guardianship and Guardian.objects.select_for_update(no_key=True).get(
        pk=guardianship.guardian_id
    )
    before = GuardianNames(*act.payload["names_before"])
    if guardian is None or names_of_guardian(guardian) != before or was_kept_out(guardian):
        act_processing.void_act(act)
        return
    names = GuardianNames(*act.payload["names"])
    _write(guardianship, guardian, names, act.confirmed_by, act.confirmed_role)


def _checked(guardianship, names, before, by):
    """The guardian, locked, whose name this person may correct. Raises CannotRename."""
    guardian = Guardian.objects.select_for_update(no_key=True).get(pk=guardianship.guardian_id)
    if not may(by, VERB, guardianship.student):
        raise CannotRename(NOT_HERE)
    if why := why_not(guardianship, by):
        raise CannotRename(why)
    if names_of_guardian(guardian) != before:
        raise CannotRename(CHANGED)
    if names == before:
        raise CannotRename(SAME)
    return guardian


def _write(guardianship, guardian, names, by, role):
    before = names_of_guardian(guardian)
    fields = [field for field in FIELDS if getattr(names, field) != getattr(before, field)]
    for field, value in asdict(names).items():
        setattr(guardian, field, value)
    guardian.save(update_fields=FIELDS)
    record_change(
        guardian, by, fields, role=role, student_id=guardianship.student_id,
        municipality_id=guardianship.municipality_id, audience=Audience.OFFICE,
    )  # fmt: skip


def in_words(names: GuardianNames) -> str:
    """A name and its reading as one text."""
    return f"{names.full}({names.reading})" if names.reading else names.full
