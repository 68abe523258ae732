"""Whose rows have news since the rules last opened them, and the note that they are opened now.

In SQL: in the first night every row of the windows is counted, and the rows of a student count as
one answer. RuleCheck says what was seen then.
"""

from collections.abc import Collection
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from apps.cases.row_arrivals import SeenRows

# Of the students with rows: the newest arrival, and how many rows came in the hour before it; of
# those who are to be checked anyway, or have a row that was not there at the last check.
WITH_NEWS = """
    SELECT one.student_id, one.newest_at,
           count(*) FILTER (WHERE one.received_at > one.newest_at - INTERVAL '1 hour')
    FROM (
        SELECT student_id, received_at,
               max(received_at) OVER (PARTITION BY student_id) AS newest_at
        FROM ({rows}) AS arrived (student_id, received_at)
    ) AS one
    LEFT JOIN cases_rulecheck AS seen
        ON seen.student_id = one.student_id AND seen.purpose = %s AND seen.rules = %s
    GROUP BY one.student_id, one.newest_at, seen.newest_at, seen.rows_seen
    HAVING seen.newest_at IS NULL OR one.newest_at > seen.newest_at
        OR one.student_id = ANY(%s)
        OR count(*) FILTER (
               WHERE one.received_at <= seen.newest_at
               AND one.received_at > seen.newest_at - INTERVAL '1 hour'
           ) > seen.rows_seen
"""
NOTE_CHECKS = """
    WITH noted AS (
        INSERT INTO cases_rulecheck (
            municipality_id, purpose, rules, student_id, newest_at, rows_seen, is_waiting, next_on
        )
        SELECT %(city)s::uuid, %(purpose)s::text, %(rules)s::text, one.* FROM unnest(
            %(students)s::uuid[], %(newest)s::timestamptz[], %(rows_seen)s::int[],
            %(waiting)s::bool[], %(next_on)s::date[]
        ) AS one
        ON CONFLICT (student_id, purpose) DO UPDATE SET
            municipality_id = EXCLUDED.municipality_id, rules = EXCLUDED.rules,
            newest_at = EXCLUDED.newest_at, rows_seen = EXCLUDED.rows_seen,
            is_waiting = EXCLUDED.is_waiting, next_on = EXCLUDED.next_on
        RETURNING 1
    )
    SELECT count(*) FROM noted
"""


def students_with_news(
    rows: QuerySet, purpose: str, rules: str, anyway: Collection[UUID]
) -> dict[UUID, SeenRows]:
    """{student: what is there now} of those with news among ``rows`` (with ``received_at``).

    ``rules`` names who looks: what others have seen is news. ``anyway``: students (ids) who are due
    even without news.
    """
    arrived = rows.order_by().values_list("student_id", "received_at").query
    try:
        sql, params = arrived.sql_with_params()
    except EmptyResultSet:  # of no student
        return {}
    with connection.cursor() as cursor:
        cursor.execute(WITH_NEWS.format(rows=sql), [*params, purpose, rules, list(anyway)])
        return {student: SeenRows(newest_at, n) for student, newest_at, n in cursor.fetchall()}
