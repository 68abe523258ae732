"""The file of what is stored about a student."""

from apps.audit.models import Action
from apps.audit.services.audit_events import record
from apps.consent import pages
from apps.core import clock
from apps.core.clock import JST
from apps.disclosure.disclosed_tables import ANOTHER_GUARDIANS_CARD, TABLES_NOT_SHOWN
from apps.disclosure.services.personal_data import data_parts
from apps.people.models import Student, User

SCHEMA = "kaga-portal/my-data-1"


def data_file(student: Student, user: User, party: str) -> dict:
    """What is stored about a student as one JSON-able dict; taking it is audited."""
    record(
        Action.DATA_TAKEN,
        actor=user,
        role=str(party),
        municipality_id=student.municipality_id,
        subject_id=student.pk,
    )
    return {
        "schema": SCHEMA,
        "made_at": clock.now().astimezone(JST).isoformat(timespec="seconds"),
        "for": str(party),
        "parts": {
            part.code: {"count": part.count, "rows": part.rows, "note": pages.plain(part.note)}
            for part in data_parts(student, user, party)
        },
        "not_included": sorted({*TABLES_NOT_SHOWN.values(), ANOTHER_GUARDIANS_CARD} - {"as above"}),
    }
