"""The canonical bytes of an event: what is chained of it, written by PostgreSQL.

Every column is in them, codes as their numbers, what may hold any text as JSON; so no two events have
the same bytes, and none holds a line break. Bytes once chained are never written otherwise: a column
that is added begins another form, and a migration that stores a column differently changes the SQL
of the old form, not its bytes.
"""

CANONICAL_FORM = 1
# concat_ws leaves NULL out: what may be NULL is the empty text.
CANONICAL_SQL = """concat_ws('|', '1', e.id, trunc(extract(epoch FROM e.at) * 1000000), e.month,
  coalesce(e.municipality_id::text, ''), coalesce(e.actor_id::text, ''), e.actor_role, e.action,
  coalesce(e.subject_id::text, ''), encode(e.thing_id, 'hex'), e.purpose, e.is_emergency::int,
  coalesce(e.n_people::text, ''), coalesce(e.n_rows::text, ''), e.audience, to_json(e.reason_code),
  to_json(e.thing), to_json(e.detail), coalesce(to_json(e.fields)::text, ''))"""
