-- The tables matched_schools and leaving_schools: no roster ends a school.
CREATE TEMPORARY TABLE matched_schools ON COMMIT DROP AS
SELECT line, id, differs FROM roster_schools WHERE is_matched;
CREATE TEMPORARY TABLE leaving_schools (id uuid) ON COMMIT DROP;
ANALYZE roster_schools, matched_schools;
