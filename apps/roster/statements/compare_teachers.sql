-- The tables matched_teachers and leaving_teachers.
CREATE TEMPORARY TABLE matched_teachers ON COMMIT DROP AS
SELECT p.line, t.id, {current} IS DISTINCT FROM {sent} AS differs
FROM roster_teachers p JOIN resolved_teachers k USING (line) JOIN people_staffpost t ON t.id = k.id
LEFT JOIN roster_classes c ON c.source_id = p.class;
ANALYZE matched_teachers;
CREATE TEMPORARY TABLE leaving_teachers ON COMMIT DROP AS
SELECT t.id FROM people_staffpost t JOIN matched_schools at ON at.id = t.school_id
WHERE t.source_id <> '' AND t.ends_on IS NULL
  AND NOT EXISTS (SELECT FROM matched_teachers m WHERE m.id = t.id);
