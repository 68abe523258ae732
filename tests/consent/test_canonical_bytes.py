"""PostgreSQL and Python write the same canonical bytes of a decision, whatever it holds."""

import uuid
from datetime import UTC, datetime
from types import SimpleNamespace

from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.consent.models import Channel, Party, Purpose, Response
from apps.consent.services.decision_chain import CANONICAL_SQL, chained_fields
from apps.ledger.hash_chain import canonical_bytes

ROW_TYPES = {
    "seq": "integer", "school_id": "uuid", "municipality_id": "uuid", "receipt_id": "uuid",
    "student_id": "uuid", "purpose": "text", "document_id": "uuid", "party": "text",
    "guardian_id": "uuid", "response": "text", "decided_at": "timestamptz",
}  # fmt: skip
ids = st.uuids(version=4)
decisions = st.fixed_dictionaries(
    {
        "seq": st.integers(1, 2**31 - 1),
        "school_id": ids,
        "municipality_id": ids,
        "receipt_id": ids,
        "student_id": ids,
        "purpose": st.sampled_from(Purpose.values),
        "document_id": ids,
        "party": st.sampled_from(Party.values),
        "guardian_id": st.none() | ids,
        "response": st.sampled_from(Response.values),
        "decided_at": st.datetimes(
            datetime(1969, 12, 31), datetime(2200, 1, 1), timezones=st.just(UTC)
        ),
    }
)
digests = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", min_size=43,
                  max_size=43)  # fmt: skip


def bytes_by_sql(decision, digest, decided_by_id, channel):
    columns = ", ".join(f"%({name})s::{kind} AS {name}" for name, kind in ROW_TYPES.items())
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {CANONICAL_SQL} FROM (SELECT {columns}) d, "  # noqa: S608 - our own words
            "(SELECT %(decided_by)s::uuid AS decided_by_id, %(channel)s::text AS channel) r, "
            "(SELECT %(digest)s::text AS digest) w",
            decision | {"decided_by": decided_by_id, "channel": channel, "digest": digest},
        )
        return cursor.fetchone()[0].encode()


def test_postgresql_and_python_hash_the_same_bytes(db):
    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(decisions, digests, ids, st.sampled_from(Channel.values))
    def check(decision, digest, decided_by_id, channel):
        fields = chained_fields(
            SimpleNamespace(**decision),
            SimpleNamespace(decided_by_id=decided_by_id, channel=channel),
            SimpleNamespace(digest=digest),
        )
        assert canonical_bytes(fields) == bytes_by_sql(decision, digest, decided_by_id, channel)

    check()


def test_a_changed_field_changes_the_bytes(db):
    decision = {name: uuid.uuid4() for name in ROW_TYPES} | {
        "seq": 7, "purpose": "income", "party": "student", "guardian_id": None,
        "response": "given", "decided_at": datetime(2026, 11, 29, 10, 0, 0, 123456, tzinfo=UTC),
    }  # fmt: skip
    by_sql = bytes_by_sql(decision, "d" * 43, uuid.UUID(int=1), "web")
    assert by_sql.count(b"|") == 14
    assert (
        bytes_by_sql(decision | {"response": "refused"}, "d" * 43, uuid.UUID(int=1), "web")
        != by_sql
    )
