-- The table roster_classes: each sent homeroom with its id, new ones too.
CREATE TEMPORARY TABLE roster_classes ON COMMIT DROP AS
SELECT c.line, c.source_id, s.id AS school_id, c.grade, c.title,
  c.special_needs = 'true' AS special_needs,
  coalesce(old.id, gen_random_uuid()) AS id, old.id IS NOT NULL AS is_matched,
  (old.grade, old.title, old.school_year, old.special_needs, old.gone_at) IS DISTINCT FROM
    (c.grade, c.title, %(year)s, c.special_needs = 'true', NULL) AS differs
FROM sent_classes c JOIN roster_schools s ON s.source_id = c.school
LEFT JOIN people_schoolclass old ON old.school_id = s.id AND old.source_id = c.source_id
WHERE c.class_type = 'homeroom';
