-- Inserts new students.
INSERT INTO people_student (id, municipality_id, school_id, source_id, master_id, local_code, grade,
  home_class_id, attendance_number, family_name, given_name, family_kana, given_kana, birth_month,
  is_enabled)
SELECT k.id, %(of)s, at.id, p.source_id, p.master_id, p.local_code, p.grade,
  c.id, p.number, p.family_name, p.given_name, p.family_kana, p.given_kana, p.birth_month,
  p.is_enabled
FROM roster_students p JOIN resolved_students k USING (line)
JOIN roster_schools at ON at.source_id = p.school
LEFT JOIN roster_classes c ON c.source_id = p.class WHERE k.is_new;
