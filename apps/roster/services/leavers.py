"""The people a compared roster no longer names: whether they are many, and which."""

from django.db import connection

# EXCEEDS_LEAVER_LIMIT: whether any school would lose more than ``percent`` of its students or
# guardianships (few of a tiny school are not many). LEAVERS_DIGEST: a digest of all leavers.
EXCEEDS_LEAVER_LIMIT = """
WITH lost AS (
  SELECT s.school_id, count(*) AS n, (
    SELECT count(*) FROM people_student o WHERE o.school_id = s.school_id AND o.left_at IS NULL) AS of_all
  FROM gone_students s GROUP BY s.school_id
  UNION ALL
  SELECT s.school_id, count(*), (
    SELECT count(*) FROM people_guardianship o JOIN people_student k ON k.id = o.student_id
    WHERE k.school_id = s.school_id AND k.left_at IS NULL AND o.ended_at IS NULL)
  FROM gone_links l JOIN people_guardianship t USING (id) JOIN people_student s ON s.id = t.student_id
  GROUP BY s.school_id)
SELECT EXISTS (SELECT FROM lost WHERE n > %(few)s AND n * 100 > of_all * %(percent)s)
"""
LEAVERS_DIGEST = """
SELECT encode(sha256(convert_to(coalesce(string_agg(id::text, ',' ORDER BY id), ''), 'UTF8')), 'hex')
FROM (SELECT id FROM gone_students UNION ALL SELECT id FROM gone_links) gone
"""


def exceeds_leaver_limit(percent: int, few: int) -> bool:
    """Whether a school would lose more than ``percent`` (and ``few``) of its students or
    guardianships.
    """
    with connection.cursor() as cursor:
        cursor.execute(EXCEEDS_LEAVER_LIMIT, {"percent": percent, "few": few})
        return cursor.fetchone()[0]


def leavers_digest() -> str:
    """A digest of the students and guardianships that would end."""
    with connection.cursor() as cursor:
        cursor.execute(LEAVERS_DIGEST)
        return cursor.fetchone()[0]
