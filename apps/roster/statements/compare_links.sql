-- The tables matched_links and leaving_links, between matched guardians and students.
-- A roster without any guardian says nothing about them; one that names some names all that a roster
-- has named before. Guardians who registered with a letter were confirmed by the school: no roster
-- ends that. Nor does it restore a guardianship ended by its guardian or by an act of the school.
CREATE TEMPORARY TABLE matched_links ON COMMIT DROP AS
SELECT t.guardian, t.student, l.id, false AS differs
FROM roster_links t JOIN matched_guardians g ON g.line = t.guardian JOIN matched_students s ON s.line = t.student
JOIN people_guardianship l ON l.guardian_id = g.id AND l.student_id = s.id
  AND (l.ended_at IS NULL OR l.ended_by_self)
UNION ALL
SELECT t.guardian, t.student, NULL, false
FROM roster_links t JOIN matched_guardians g ON g.line = t.guardian JOIN matched_students s ON s.line = t.student
WHERE EXISTS (SELECT FROM people_guardianshipend e
    WHERE e.guardian_id = g.id AND e.student_id = s.id)
  AND NOT EXISTS (SELECT FROM people_guardianship l WHERE l.guardian_id = g.id
    AND l.student_id = s.id AND (l.ended_at IS NULL OR l.ended_by_self));
ANALYZE matched_links;
CREATE TEMPORARY TABLE leaving_links ON COMMIT DROP AS
SELECT l.id FROM people_guardianship l JOIN matched_students s ON s.id = l.student_id
WHERE l.ended_at IS NULL AND l.origin = 'roster' AND EXISTS (SELECT FROM roster_guardians)
  AND NOT EXISTS (SELECT FROM matched_links m WHERE m.id = l.id);
ANALYZE leaving_links;
