-- Adds the other rows to resolved_{kind}, by the answers; without one the row is another person.
INSERT INTO resolved_{kind}
SELECT u.line, coalesce(c.id, gen_random_uuid()), c.id IS NULL
FROM uncertain_{kind} u CROSS JOIN LATERAL (SELECT CASE
  WHEN u.line = ANY(%(same)s) THEN u.holder
  WHEN u.owner = ANY(%(taken)s::uuid[]) THEN NULL
  WHEN u.is_renamed AND NOT u.line = ANY(%(renamed)s) THEN NULL
  WHEN u.owner IS NOT NULL THEN u.owner
  WHEN u.is_unproven AND NOT u.looks_other THEN u.holder END AS id) c;
ANALYZE resolved_{kind};
