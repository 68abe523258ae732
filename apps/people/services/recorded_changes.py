"""Records that somebody changed a row.

An account may work for several municipalities: what two people of one of them decided about it is in
the record of each.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record
from apps.core.municipality_scope import across_municipalities
from apps.people.account_kinds import other_municipalities
from apps.people.models import PendingAct, User
from apps.people.permissions import role_of

DONE_ELSEWHERE = "other_municipality"  # the detail of an event that people of another city caused


def record_change(
    row: Any,
    by: User | None,
    fields: Iterable[str],
    *,
    verb: str = "",
    role: str = "",
    student_id: UUID | None = None,
    municipality_id: UUID | None = None,
    purpose: str = "",
    audience: Audience = Audience.OPEN,
) -> None:
    """Record, in the caller's transaction, which fields of a row ``by`` changed; never values.

    ``role`` is the one they acted in; without it, that of the post that includes ``verb`` there
    (``by`` is None only with the role "system"). ``municipality_id`` is needed for a row that has
    none of its own: an account.
    """
    record(
        Action.RECORD_CHANGED,
        actor=by,
        role=role or role_of(by, row, verb),
        municipality_id=municipality_id or getattr(row, "municipality_id", None),
        subject_id=student_id,
        thing=row,
        purpose=purpose,
        fields=list(fields),
        audience=audience,
    )


@across_municipalities
def record_account_change(
    account: User,
    by: User | None,
    fields: Iterable[str],
    *,
    role: str,
    municipality_id: UUID | None,
) -> None:
    """Record a change of an account, also for each other municipality for which it works."""
    fields = list(fields)
    record_change(account, by, fields, role=role, municipality_id=municipality_id)
    for other in other_municipalities(account.pk, municipality_id):
        record(
            Action.RECORD_CHANGED, actor=by, role=role, municipality_id=other, thing=account,
            fields=fields, detail=DONE_ELSEWHERE,
        )  # fmt: skip


def record_agreed_change(act: PendingAct, account: User, fields: Iterable[str]) -> None:
    """Record a change of an account that a confirmed act made, as one of who confirmed it."""
    record_account_change(
        account, act.confirmed_by, fields, role=act.confirmed_role,
        municipality_id=act.municipality_id,
    )  # fmt: skip
