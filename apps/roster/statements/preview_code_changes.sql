-- Present students whose code would change.
SELECT coalesce(c.title, '学級なし') AS title, s.family_name || ' ' || s.given_name AS name,
  s.local_code AS code, p.local_code AS new_code
FROM matched_students m JOIN people_student s USING (id) JOIN roster_students p USING (line)
LEFT JOIN roster_classes c ON c.source_id = p.class
WHERE m.changes_code ORDER BY m.line LIMIT %(most)s
