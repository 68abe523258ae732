-- The names of new students.
SELECT coalesce(c.title, '学級なし'), p.family_name || ' ' || p.given_name
FROM roster_students p LEFT JOIN roster_classes c ON c.source_id = p.class
WHERE NOT EXISTS (SELECT FROM matched_students m WHERE m.line = p.line)
ORDER BY p.line LIMIT %(most)s
