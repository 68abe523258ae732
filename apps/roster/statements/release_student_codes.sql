-- Clears the codes that change: two students may have exchanged them.
UPDATE people_student s SET local_code = ''
FROM matched_students m JOIN roster_students p USING (line) JOIN roster_schools at ON at.source_id = p.school
WHERE m.differs AND m.id = s.id AND s.local_code <> '' AND s.left_at IS NULL
  AND (s.school_id, s.local_code) IS DISTINCT FROM (at.id, p.local_code);
