"""Records security events with the account, its kind of person and the municipality."""

from django.db import DatabaseError
from django.urls import resolve

from apps.audit.models import PersonKind, SecurityKind
from apps.audit.services.security_events import record_security_event
from apps.core import request_context
from apps.core.municipality_scope import across_municipalities
from apps.people.account_kind_rules import group_of_kind
from apps.people.account_kinds import account_rows, kind_from_rows
from apps.people.models import User

UNKNOWN_ACCOUNT_ID = (
    "00000000-0000-4000-8000-000000000000"  # queried in place of an unknown account
)


@across_municipalities
def note_security_event(
    kind: str, *, user: User | None = None, detail: str = "", target_id=None
) -> None:
    """Record one event of ``kind`` (a SecurityKind); one of each kind a request at most.

    ``user`` is the account concerned, or who acted on ``target_id``. Never raises for values the
    database cannot store. Runs the same queries for an unknown account as for a known one.
    """
    request = request_context.current_request()
    if request is not None:
        noted = request.__dict__.setdefault("noted_security_events", set())
        if (kind, target_id) in noted:
            return
        noted.add((kind, target_id))
    if user is not None and not user.is_authenticated:
        user = None
    try:
        person_kind, municipality_id = person_kind_and_municipality(user)
    except DatabaseError:
        person_kind, municipality_id = PersonKind.NOBODY, None
    record_security_event(
        kind,
        user_id=user.pk if user is not None else None,
        person_kind=person_kind,
        municipality_id=municipality_id,
        target_id=target_id,
        detail=detail,
    )


def person_kind_and_municipality(user: User | None) -> tuple[str, object]:
    """(PersonKind, municipality id or None) of an account, in one query."""
    rows = account_rows(user.pk if user is not None else UNKNOWN_ACCOUNT_ID)
    if user is None:
        return PersonKind.NOBODY, None
    group = group_of_kind(kind_from_rows(user, rows))
    own = [row for row in rows if row.what.removeprefix("former_") == group]
    own.sort(key=lambda row: (not row.counts, row.what.startswith("former_")))
    return PersonKind(group), own[0].municipality_id if own else None


def url_name_of(path: str) -> str:
    """The URL name of a path ("" where there is none), never its parameters."""
    try:
        return resolve(path).view_name or ""
    except Exception:  # noqa: BLE001 - whatever was sent
        return ""


def note_limit(sender, action, **kwargs) -> None:
    """Record a request that was refused by a rate limit."""
    request = request_context.current_request()
    note_security_event(SecurityKind.LIMIT_HIT, user=getattr(request, "user", None), detail=action)
