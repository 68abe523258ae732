"""Keeps a sign's evidence in a protective case: a withdrawal is no weapon.

A reader keeps a copy at once, under the case's own key. Another reader, or the city's route,
confirms it; only their no destroys it.
"""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.models import Action
from apps.cases.models import KeepReason, KeptEvidence, ProtectiveCase, Sign
from apps.cases.services.casework import OpenedSign, may_open_sign, open_signs
from apps.cases.services.protective_cases import (
    CannotProtect,
    locked_protective,
    protection_key,
    record_protective,
)
from apps.core import clock
from apps.people.models import Role, User
from apps.people.permissions import role_of
from apps.people.services.person_accounts import is_same_person, posts_of_person
from apps.vault.services.sealed_content import OpeningReason


def signs_for(case: ProtectiveCase, user: User) -> list[Sign]:
    """The open signs of the student that this reader may read, by each purpose's own rule."""
    signs = Sign.objects.open().filter(student=case.student_id)
    rows = signs.readable_one_by_one().select_related("rule", "student")  # type: ignore[attr-defined]
    return [sign for sign in rows if may_open_sign(user, sign)]


def open_signs_for(case: ProtectiveCase, user: User) -> list[OpenedSign]:
    """The same, opened; no family sees that they were looked at."""
    return open_signs(signs_for(case, user), user, OpeningReason.SAFETY)


@transaction.atomic
def keep_evidence(case: ProtectiveCase, sign_id: UUID, *, actor: User, reason: str) -> KeptEvidence:
    """Copy a sign's evidence under the case's key, at once; twice is once.

    Raises PermissionDenied, CannotProtect where the sign cannot be read by this person now.
    """
    case, reason = locked_protective(case, actor), KeepReason(reason)
    earlier = case.evidence.filter(sign_id=sign_id).first()
    if earlier is not None:
        return earlier
    sign = next((one for one in signs_for(case, actor) if one.pk == sign_id), None)
    opened = open_signs([sign], actor, OpeningReason.SAFETY)[0] if sign is not None else None
    if opened is None or opened.facts is None:
        raise CannotProtect(_("この根拠は、いま読めないので、残せません。"))
    row = KeptEvidence(
        municipality_id=case.municipality_id, case=case, sign_id=sign_id, reason=reason,
        kept_by=actor, kept_role=_role(actor, case), kept_at=clock.now(),
    )  # fmt: skip
    content = {
        "title": f"{opened.sign.rule.title}({opened.sign.rule.code_and_version})",
        "lines": [[on.isoformat(), words] for on, words in opened.facts],
        "sources": list(opened.sources),
    }
    protection_key(case).seal(row, content).save(force_insert=True)
    record_protective(Action.EVIDENCE_KEPT, case, actor, detail=reason.value)
    return row


@transaction.atomic
def confirm_evidence(row: KeptEvidence, *, actor: User, agrees: bool) -> KeptEvidence | None:
    """Confirm kept evidence as another reader, or destroy it: then None.

    Raises PermissionDenied for who kept it and for the school's lead, CannotProtect where it is decided.
    """
    case = locked_protective(row.case, actor)
    found = case.evidence.select_for_update().filter(pk=row.pk, confirmed_at=None).first()
    if found is None:
        raise CannotProtect(_("もう決まっています。"))
    if is_same_person(actor, found.kept_by_id) or _leads_school(actor, case):
        raise PermissionDenied(_("残した人とも、学校の管理職ともちがう人が確かめます。"))
    record_protective(
        Action.EVIDENCE_KEPT, case, actor, detail="confirmed" if agrees else "destroyed"
    )
    if not agrees:
        found.delete()
        return None
    found.confirmed_by, found.confirmed_at = actor, clock.now()
    found.save(update_fields=["confirmed_by", "confirmed_at"])
    return found


def _leads_school(user: User, case: ProtectiveCase) -> bool:
    """Whether this person leads the school, whichever of their posts is chosen."""
    posts = posts_of_person(user)
    return any(post.role == Role.PRINCIPAL and post.school_id == case.school_id for post in posts)


def _role(user: User, case: ProtectiveCase) -> str:
    role = role_of(user, case.student)
    return str(Role(role).label) if role in Role.values else str(role)
