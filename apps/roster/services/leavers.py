"""The people a compared roster no longer names: whether they are many, and which."""

from django.db import connection

from apps.roster.services.statements import load_statement


def exceeds_leaver_limit(percent: int, few: int) -> bool:
    """Whether a school would lose more than ``percent`` (and ``few``) of its students or
    guardianships.
    """
    with connection.cursor() as cursor:
        cursor.execute(load_statement("exceeds_leaver_limit"), {"percent": percent, "few": few})
        return cursor.fetchone()[0]


# One digest of the ids of all leaving students and guardianships.
LEAVERS_DIGEST = """
SELECT encode(sha256(convert_to(coalesce(string_agg(id::text, ',' ORDER BY id), ''), 'UTF8')), 'hex')
FROM (SELECT id FROM leaving_students UNION ALL SELECT id FROM leaving_links) gone
"""


def leavers_digest() -> str:
    """A digest of the students and guardianships that would end."""
    with connection.cursor() as cursor:
        cursor.execute(LEAVERS_DIGEST)
        return cursor.fetchone()[0]
