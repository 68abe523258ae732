"""Who would vanish with a compared roster: whether they are many, and which."""

from django.db import connection

# Whether any school would lose more than so many percent of its students or of its ties; few of
# a tiny school are not many. And the digest of all who would go, for whoever confirms them.
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
    """Whether a school would lose more than ``percent`` (and ``few``) of its students or ties."""
    with connection.cursor() as cursor:
        cursor.execute(EXCEEDS_LEAVER_LIMIT, {"percent": percent, "few": few})
        return cursor.fetchone()[0]


def leavers_digest() -> str:
    """A digest of the students and ties that would go."""
    with connection.cursor() as cursor:
        cursor.execute(LEAVERS_DIGEST)
        return cursor.fetchone()[0]
