"""Records that somebody changed a row."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record
from apps.people.models import User
from apps.people.permissions import role_of


def record_change(
    row: Any,
    by: User,
    fields: Iterable[str],
    *,
    verb: str = "",
    role: str = "",
    student_id: UUID | None = None,
    audience: Audience = Audience.OPEN,
) -> None:
    """Record, in the caller's transaction, which fields of a row ``by`` changed; never values.

    ``role`` is the one they acted in; without it, that of the post that includes ``verb`` there.
    """
    record(
        Action.RECORD_CHANGED,
        actor=by,
        role=role or role_of(by, row, verb),
        municipality_id=row.municipality_id,
        subject_id=student_id,
        thing=row,
        fields=list(fields),
        audience=audience,
    )
