-- Inserts new classes.
INSERT INTO people_schoolclass
  (id, municipality_id, school_id, source_id, school_year, grade, title, special_needs)
SELECT id, %(of)s, school_id, source_id, %(year)s, grade, title, special_needs
FROM roster_classes WHERE NOT is_matched;
