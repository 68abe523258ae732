"""Records that somebody changed a row."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record
from apps.people.models import PendingAct, User
from apps.people.permissions import role_of


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


def record_agreed_change(act: PendingAct, row: Any, fields: Iterable[str]) -> None:
    """Record a change that a confirmed act made, as one of the person who confirmed it."""
    record_change(
        row, act.confirmed_by, fields, role=act.confirmed_role, municipality_id=act.municipality_id
    )
