"""Purposes not used because a guardian refused by telephone and nobody has confirmed it yet."""

from django.db import connection

# (student id, purpose) where an unconfirmed call of a deciding guardian answered anything
# but yes, and that guardian has not answered since.
TELEPHONE_STOPS = """
SELECT DISTINCT c.student_id, said.key
FROM consent_telephoneanswer c CROSS JOIN LATERAL jsonb_each_text(c.answers) said
WHERE c.student_id = ANY(%(students)s) AND c.state = 'waiting' AND said.value <> 'given'
AND EXISTS (
  SELECT FROM people_guardianship t WHERE t.student_id = c.student_id
  AND t.guardian_id = c.guardian_id AND t.ended_at IS NULL AND t.standing = 'decides')
AND NOT EXISTS (
  SELECT FROM consent_consentdecision d WHERE d.student_id = c.student_id
  AND d.guardian_id = c.guardian_id AND d.purpose = said.key AND d.decided_at > c.entered_at)
"""


def telephone_stops(student_ids) -> dict:
    """{student id: {purposes stopped by telephone}} of these students, who has any."""
    with connection.cursor() as cursor:
        cursor.execute(TELEPHONE_STOPS, {"students": list(student_ids)})
        return group_by_student(cursor.fetchall())


def group_by_student(rows) -> dict:
    """{student id: {purposes}} of the rows of TELEPHONE_STOPS."""
    found: dict = {}
    for student_id, purpose in rows:
        found.setdefault(student_id, set()).add(purpose)
    return found
