"""Notes a security event with who it concerns: the account, its kind of person, the municipality."""

from django.db import DatabaseError
from django.db.models import Value
from django.urls import resolve

from apps.audit.models import PersonKind, SecurityKind
from apps.audit.services import record_security_event
from apps.core import origin
from apps.people.models import Guardian, StaffPost, Student, User

NOBODY_ID = "00000000-0000-4000-8000-000000000000"  # asked about in place of an unknown account


def note(kind: str, *, user: User | None = None, detail: str = "", target_id=None) -> None:
    """Record one event of ``kind`` (a SecurityKind); one of each kind a request at most.

    ``user`` is whose account it is, or who did it to ``target_id``. Never raises for what the
    database cannot take. Asks the same of the database for an unknown account as for a known one.
    """
    request = origin.current_request()
    if request is not None:
        noted = request.__dict__.setdefault("noted_security_events", set())
        if (kind, target_id) in noted:
            return
        noted.add((kind, target_id))
    user_id = user.pk if user is not None and user.is_authenticated else None
    try:
        person_kind, municipality_id = person_of(user_id)
    except DatabaseError:
        person_kind, municipality_id = PersonKind.NOBODY, None
    record_security_event(
        kind,
        user_id=user_id,
        person_kind=person_kind,
        municipality_id=municipality_id,
        target_id=target_id,
        detail=detail,
    )


def person_of(user_id) -> tuple[str, object]:
    """(PersonKind, municipality id or None) of an account, in one query."""
    parts = [
        model.objects.filter(user=user_id or NOBODY_ID).values_list(
            Value(order), Value(kind.value), "municipality"
        )
        for order, (model, kind) in enumerate(
            (
                (StaffPost, PersonKind.STAFF),
                (Student, PersonKind.STUDENT),
                (Guardian, PersonKind.GUARDIAN),
            )
        )
    ]
    found = sorted(parts[0].union(*parts[1:]), key=lambda part: part[0])
    return (found[0][1], found[0][2]) if found else (PersonKind.NOBODY, None)


def address_name(path: str) -> str:
    """The name of an address of ours ("" where there is none): never what stands in it."""
    try:
        return resolve(path).view_name or ""
    except Exception:  # noqa: BLE001 - whatever was sent
        return ""


def note_limit(sender, action, **kwargs) -> None:
    """Receives ``limit_hit``."""
    request = origin.current_request()
    note(SecurityKind.LIMIT_HIT, user=getattr(request, "user", None), detail=action)
