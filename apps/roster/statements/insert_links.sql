-- Inserts new guardianships.
-- Only tables of this roster are read: no statement waits for statistics of the present people.
INSERT INTO people_guardianship (id, municipality_id, guardian_id, student_id, began_at)
SELECT gen_random_uuid(), %(of)s, g.id, s.id, %(now)s
FROM roster_links t JOIN resolved_guardians g ON g.line = t.guardian
JOIN resolved_students s ON s.line = t.student
WHERE NOT EXISTS (
  SELECT FROM matched_links m WHERE m.guardian = t.guardian AND m.student = t.student);
