-- The table uncertain_{kind}: all other rows, with who has the number now and who has the 共通ID.
CREATE TEMPORARY TABLE uncertain_{kind} ON COMMIT DROP AS
WITH rest AS MATERIALIZED (
  SELECT p.* FROM {sent} p WHERE NOT EXISTS (SELECT FROM resolved_{kind} k WHERE k.line = p.line)),
by_number AS (
  SELECT DISTINCT ON (p.line) p.line, s.id, s.{key} IS NULL AS is_unproven, {looks_other} AS looks_other
  FROM rest p JOIN {table} s ON s.municipality_id = %(of)s AND s.source_id = p.source_id
  {joined} WHERE {near} ORDER BY p.line{first}),
by_key AS (
  SELECT DISTINCT ON (p.line) p.line, s.id, {renamed} AS is_renamed
  FROM rest p JOIN {table} s ON s.municipality_id = %(of)s AND s.{key} = p.{key}
  {joined} ORDER BY p.line{first})
SELECT p.line, n.id AS holder, k.id AS owner, coalesce(n.is_unproven, false) AS is_unproven,
  coalesce(n.looks_other, false) AS looks_other,
  coalesce(n.id, k.id) = k.id AND k.is_renamed AS is_renamed
FROM rest p LEFT JOIN by_number n USING (line) LEFT JOIN by_key k USING (line);
ANALYZE uncertain_{kind};
