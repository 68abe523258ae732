"""Every index of the tables that grow with use is there for a query; no index begins another."""

from collections import defaultdict

import pytest
from django.apps import apps
from django.db import connection

from tests.code_files import OUR_LABELS

pytestmark = pytest.mark.django_db
OUR_TABLES = [
    model._meta.db_table for model in apps.get_models() if model._meta.app_label in OUR_LABELS
]

KEY = "the row itself, and what refers to it"
ONCE = "refuses a second one"

# The tables that grow with every day of use: each index, and what it is for.
USES = {
    "audit_auditevent": {
        "audit_auditevent_pkey": "the newest events of a city, page by page",
        "audit_subject": "who looked at one person's data, month by month, newest first",
        "audit_rare_thing": "the rare events about one row, for a search",
        "audit_rare_action": "a city's events of one rare action, newest first",
        "audit_at": "what was changed since a page was opened; the events of some days",
        "audit_safety": "what was opened for a student's safety, for the second person",
    },
    "audit_securityevent": {
        "audit_securityevent_pkey": KEY,
        "audit_security_one_sum": ONCE,
        "audit_security_kind": "how many of a kind came within this minute",
        "audit_security_municipality": "the events of a city, newest first",
        "audit_security_user": "the events of one account",
        "audit_security_at": "what is past its retention",
    },
    "checkins_checkin": {
        "checkins_checkin_pkey": KEY,
        "checkin_one_per_form": ONCE,
        "checkin_body_once": ONCE,
        "checkin_by_day": "a student's days; what the student's key sealed, after a withdrawal",
        "checkin_days": "the days of a school; what is past its retention",
        "checkin_arrivals": "what arrived since a rule last looked",
    },
    "linkage_linkedrecord": {
        "linkage_linkedrecord_pkey": KEY,
        "record_by_student_and_key": "a student's facts; what one key sealed",
        "record_kept_until": "what is past its retention",
        "record_arrivals": "what arrived since a rule last looked",
        "linkage_linkedrecord_file_id": "the facts of one file, when its row is deleted",
    },
    "notices_noticereceipt": {
        "notices_noticereceipt_pkey": KEY,
        "receipt_once": ONCE + "; who has read a notice",
        "notices_noticereceipt_user_id": "what one person has read",
    },
    "push_pushdelivery": {
        "push_pushdelivery_pkey": ONCE,
        "push_pushdelivery_chunk_id": "the deliveries of one chunk",
        "push_pushdelivery_subscription_id": "the deliveries of one device, when it is deleted",
        "push_acked": "how many devices showed a message",
    },
    "push_broadcastchunk": {
        "push_broadcastchunk_pkey": KEY,
        "chunk_once": ONCE,
        "push_chunks_due": "the next chunk to send",
        "push_broadcastchunk_origin_id": "the chunks of one push service",
    },
    "signin_usersession": {
        "signin_usersession_pkey": KEY,
        "signin_session_user": "where a person is signed in, newest first",
        "signin_session_ends": "what is over",
        "usersession_once_a_session": "the session of a request",
    },
}


def indexes_of():
    """{table: {index: (its columns in order, is it unique, is it for some rows only)}}."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT t.relname, i.relname, x.indisunique, x.indpred IS NOT NULL, a.amname,
                ARRAY(SELECT pg_get_indexdef(x.indexrelid, n, true)
                      FROM generate_series(1, x.indnkeyatts) n)
            FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
            JOIN pg_am a ON a.oid = i.relam
            WHERE t.relname = ANY(%s)
            """,
            [OUR_TABLES],
        )
        found = defaultdict(dict)
        for of_table, index, *how in cursor:
            found[of_table][index] = how
    return found


def without_hash(index):
    """The name of an index without the hash that Django adds to those of foreign keys."""
    head, _, tail = index.rpartition("_")
    is_hash = len(tail) == 8 and set(tail) <= set("0123456789abcdef")
    return head if is_hash else index


@pytest.mark.parametrize("table", USES)
def test_every_index_of_a_growing_table_has_its_query(table):
    assert {without_hash(index) for index in indexes_of()[table]} == set(USES[table])


def test_no_index_is_the_beginning_of_another():
    begins = [
        (shorter, longer)
        for indexes in indexes_of().values()
        for shorter, (is_unique, is_partial, method, columns) in indexes.items()
        for longer, (_, longer_is_partial, longer_method, longer_columns) in indexes.items()
        if shorter != longer
        and not is_unique
        and not is_partial
        and not longer_is_partial
        and method == longer_method == "btree"
        and longer_columns[: len(columns)] == columns
        and not shorter.endswith("_like")
    ]
    assert begins == []
