-- Keeps, of every student of this roster, the digests of the account names it sends, and no others.
WITH sent AS (
  SELECT k.id AS student_id, decode(d.digest, 'hex') AS digest
  FROM roster_students p JOIN resolved_students k USING (line),
    unnest(string_to_array(nullif(p.accounts, ''), ' ')) AS d (digest)),
gone AS (
  DELETE FROM roster_studentaccountname n USING people_student s
  WHERE s.id = n.student_id AND n.municipality_id = %(of)s
    AND (s.left_at IS NOT NULL
      OR n.student_id IN (SELECT id FROM resolved_students)
        AND (n.student_id, n.digest) NOT IN (SELECT student_id, digest FROM sent)))
INSERT INTO roster_studentaccountname (municipality_id, student_id, digest)
SELECT DISTINCT %(of)s::uuid, student_id, digest FROM sent ON CONFLICT DO NOTHING;
