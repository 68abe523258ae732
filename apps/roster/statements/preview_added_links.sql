-- The names of new guardianships.
SELECT coalesce(c.title, '学級なし'), p.family_name || ' ' || p.given_name,
  g.family_name || ' ' || g.given_name
FROM roster_links t JOIN roster_students p ON p.line = t.student
JOIN roster_guardians g ON g.line = t.guardian LEFT JOIN roster_classes c ON c.source_id = p.class
WHERE NOT EXISTS (SELECT FROM matched_links m WHERE m.guardian = t.guardian AND m.student = t.student)
ORDER BY p.line, g.line LIMIT %(most)s
