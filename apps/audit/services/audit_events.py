"""Writes audit events; no other code does."""

from functools import cache

from apps.audit.event_codes import (
    ACTION_NUMBERS,
    AUDIENCE_NUMBERS,
    PURPOSE_NUMBERS,
    ROLE_NUMBERS,
)
from apps.audit.models import Action, Audience, AuditEvent, EventReason, PersonKind, SecurityKind
from apps.audit.services.security_events import record_security_event
from apps.core import clock
from apps.core.sql_batches import fetch_prepared, insert_rows

SECURITY_KIND_OF = {  # audit events that are security events too
    Action.CARD_LOCKED: SecurityKind.CARD_LOCKED,
    Action.CARD_RESET: SecurityKind.PIN_RESET,
    Action.STAFF_APPOINTED: SecurityKind.POST_GIVEN,
    Action.INVITATION_USED: SecurityKind.ACCOUNT_JOINED,
}


def record(
    action,
    *,
    actor=None,
    role="system",
    municipality_id=None,
    subject_id=None,
    thing=None,
    purpose="",
    reason_code="",
    is_emergency=False,
    detail="",
    fields=(),
    audience=Audience.OPEN,
):
    """Append one AuditEvent in the caller's transaction and return it.

    ``actor`` is a user or None for the portal itself, ``role`` the role in which the actor acts;
    ``thing`` a model instance. ``reason_code`` is an EventReason or "", ``detail`` a code of ours
    (a rule, a state, a fault). ``fields`` are names only: a value never enters the record. Raises
    ValueError for an unknown action or reason. Actions in SECURITY_KIND_OF also write a security
    event.
    """
    if action in SECURITY_KIND_OF:
        _record_security(SECURITY_KIND_OF[action], actor, role, municipality_id, subject_id)
    return AuditEvent.objects.create(
        **_row(
            action,
            actor,
            role,
            municipality_id,
            subject_id,
            thing,
            purpose,
            reason_code,
            is_emergency,
            detail,
            fields,
            audience,
        )
    )


def record_about(row, action, **details):
    """Append one AuditEvent about a row: its municipality, and its student if it has one.

    ``details`` are further arguments of ``record``; they win over what the row says.
    """
    own = {
        "municipality_id": row.municipality_id,
        "subject_id": getattr(row, "student_id", None),
        "thing": row,
    }
    return record(action, **(own | details))


def _record_security(kind, actor, role, municipality_id, subject_id):
    kinds = {"student": PersonKind.STUDENT, "guardian": PersonKind.GUARDIAN}
    nobody = PersonKind.NOBODY if actor is None or role == "none" else PersonKind.STAFF
    record_security_event(
        kind,
        user_id=actor.pk if actor is not None else None,
        person_kind=kinds.get(role, nobody),
        municipality_id=municipality_id,
        target_id=subject_id,
    )


def record_many(events, batch=None):
    """Append many events (each a dict of ``record``'s arguments) in one statement.

    With a StatementBatch (core.sql_batches) they are written when it is sent.

    Page views also take ``n_people``, how many people the page named, and ``page``: its name and
    what it was about, in place of a thing. Sweeps also take ``n_rows``, how many rows they deleted.
    """
    defaults = {
        "actor": None, "role": "system", "municipality_id": None, "subject_id": None, "thing": None,
        "purpose": "", "reason_code": "", "is_emergency": False, "detail": "", "fields": (),
        "audience": Audience.OPEN, "n_people": None, "n_rows": None, "page": None,
    }  # fmt: skip
    insert_rows((AuditEvent(**_row(**{**defaults, **event})) for event in events), batch)


def _row(
    action, actor, role, municipality_id, subject_id, thing, purpose, reason_code, is_emergency,
    detail, fields, audience, n_people=None, n_rows=None, page=None,
):  # fmt: skip
    of_thing = page or ((thing._meta.label, str(thing.pk)) if thing is not None else ("", ""))
    return {
        "action": Action(action).value,
        "actor": actor if actor is None or actor.is_authenticated else None,
        "actor_role": role,
        "municipality_id": municipality_id,
        "subject_id": subject_id,
        "thing": of_thing[0][:60],
        "thing_id": str(of_thing[1])[:60],
        "n_people": n_people,
        "n_rows": n_rows,
        "purpose": purpose,
        "reason_code": EventReason(reason_code).value if reason_code else "",
        "is_emergency": is_emergency,
        "detail": detail[:60],
        "fields": list(fields),
        "audience": audience,
    }


def record_evaluations(rows, *, municipality_id, thing, purpose, rule, audience):
    """Append one event for each student whose rows a rule opened: {student id: id of a row}.

    As ``record_many`` would, in one statement whose size is the same for any number of students.
    """
    if rows:
        fetch_prepared(
            _evaluations_sql(thing, purpose, Audience(audience)),
            {
                "at": clock.now(), "city": municipality_id, "students": list(rows),
                "things": list(rows.values()), "rule": rule[:60],
            },
        )  # fmt: skip


@cache
def _evaluations_sql(thing, purpose, audience):
    """SQL that appends an event for each of the students and answers how many."""
    insertion = recording_sql(
        "(SELECT %(at)s::timestamptz AS at, %(city)s::uuid AS municipality_id, NULL::uuid AS actor_id,"
        " subject_id, thing_id, %(rule)s::text AS detail"
        " FROM unnest(%(students)s::uuid[], %(things)s::uuid[]) AS one (subject_id, thing_id)) opened",
        action=Action.SEALED_EVALUATED, role="system", thing=thing, purpose=purpose,
        detail="detail", audience=audience,
    )  # fmt: skip
    return f"WITH written AS ({insertion} RETURNING 1) SELECT count(*) FROM written"  # noqa: S608


def recording_sql(source, *, action, role, thing, purpose, detail="''", audience=Audience.OPEN):
    """SQL that appends one event for each row of ``source``, for a statement that writes those rows
    too.

    ``source`` names a table or query whose columns are at, municipality_id, actor_id, subject_id
    and thing_id (uuid); ``thing`` is a model, ``detail`` SQL of ours (the name of a column). The
    rest is the same for all rows: constants of ours.
    """
    label = thing._meta.label
    if not label.replace(".", "").isalnum():
        raise ValueError("only plain words stand in a statement")
    constant_columns = {
        "actor_role": ROLE_NUMBERS[role], "action": ACTION_NUMBERS[Action(action).value],
        "thing": f"'{label}'", "purpose": PURPOSE_NUMBERS[purpose], "reason_code": "''",
        "is_emergency": "false", "detail": detail, "audience": AUDIENCE_NUMBERS[audience.value],
    }  # fmt: skip
    constants = ", ".join(map(str, constant_columns.values()))
    return (
        f"INSERT INTO {AuditEvent._meta.db_table} (at, municipality_id, actor_id, subject_id, "  # noqa: S608
        f"thing_id, {', '.join(constant_columns)}) SELECT at, municipality_id, actor_id, subject_id, "
        f"uuid_send(thing_id), {constants} FROM {source}"
    )
