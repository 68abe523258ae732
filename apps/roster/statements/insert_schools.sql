-- Inserts new schools.
INSERT INTO people_school (id, municipality_id, source_id, code, name)
SELECT id, %(of)s, source_id, code, name FROM roster_schools WHERE NOT is_matched;
