-- Inserts new teachers.
INSERT INTO people_staffpost (id, municipality_id, school_id, source_id, master_id, is_enabled,
  school_class_id, name, role)
SELECT k.id, %(of)s, at.id, p.source_id, p.master_id, p.is_enabled, c.id,
  left(p.family_name || ' ' || p.given_name, 120),
  CASE WHEN c.id IS NULL THEN 'teacher' ELSE 'homeroom' END
FROM roster_teachers p JOIN resolved_teachers k USING (line)
JOIN roster_schools at ON at.source_id = p.school
LEFT JOIN roster_classes c ON c.source_id = p.class WHERE k.is_new;
