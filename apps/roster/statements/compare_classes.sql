-- The tables matched_classes and leaving_classes: of the sent schools.
CREATE TEMPORARY TABLE matched_classes ON COMMIT DROP AS
SELECT line, id, differs FROM roster_classes WHERE is_matched;
CREATE TEMPORARY TABLE leaving_classes ON COMMIT DROP AS
SELECT c.id FROM people_schoolclass c JOIN matched_schools s ON s.id = c.school_id
WHERE c.gone_at IS NULL AND NOT EXISTS (SELECT FROM matched_classes m WHERE m.id = c.id);
ANALYZE roster_classes, matched_classes;
