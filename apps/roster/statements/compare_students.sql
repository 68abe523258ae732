-- The tables matched_students, with whether they differ and change their code, and leaving_students.
CREATE TEMPORARY TABLE matched_students ON COMMIT DROP AS
SELECT p.line, s.id, {current} IS DISTINCT FROM {sent} AS differs, {changes_code} AS changes_code
FROM roster_students p JOIN resolved_students k USING (line) JOIN people_student s ON s.id = k.id
LEFT JOIN roster_schools at ON at.source_id = p.school
LEFT JOIN roster_classes c ON c.source_id = p.class;
ANALYZE matched_students;
CREATE TEMPORARY TABLE leaving_students ON COMMIT DROP AS
SELECT s.id, s.school_id FROM people_student s JOIN matched_schools at ON at.id = s.school_id
WHERE s.left_at IS NULL AND NOT EXISTS (SELECT FROM matched_students m WHERE m.id = s.id);
ANALYZE leaving_students;
