-- Clears the numbers that change: two students may have exchanged them.
UPDATE people_student s SET source_id = 'moving-' || s.id
FROM matched_students m JOIN roster_students p USING (line)
WHERE m.differs AND m.id = s.id AND s.left_at IS NULL AND s.source_id <> p.source_id;
