-- Updates the students that differ.
UPDATE people_student s SET (school_id, source_id, master_id, local_code, grade, home_class_id,
 attendance_number, family_name, given_name, family_kana, given_kana, birth_month, is_enabled,
 left_at) = {sent}
FROM matched_students m JOIN roster_students p USING (line)
JOIN roster_schools at ON at.source_id = p.school
LEFT JOIN roster_classes c ON c.source_id = p.class
WHERE m.differs AND m.id = s.id;
