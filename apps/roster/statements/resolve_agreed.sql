-- The table resolved_{kind}: rows whose two identifiers agree on a present person.
CREATE TEMPORARY TABLE resolved_{kind} ON COMMIT DROP AS
SELECT DISTINCT ON (p.line) p.line, s.id, false AS is_new
FROM {sent} p JOIN {table} s
  ON s.municipality_id = %(of)s AND s.{key} = p.{key} AND s.source_id = p.source_id
{joined} WHERE {present} AND NOT {renamed};
ANALYZE resolved_{kind};
