-- The names of people the roster disables, the students first.
WITH off AS (
  SELECT 1 AS place, line, class, family_name, given_name FROM roster_students WHERE NOT is_enabled
  UNION ALL
  SELECT 2, line, NULL, family_name, given_name FROM roster_guardians WHERE NOT is_enabled
  UNION ALL
  SELECT 3, line, class, family_name, given_name FROM roster_teachers WHERE NOT is_enabled)
SELECT CASE place WHEN 1 THEN coalesce(c.title, '学級なし') WHEN 2 THEN '保護者' ELSE '教員' END AS title,
  o.family_name || ' ' || o.given_name AS name, count(*) OVER () AS n
FROM off o LEFT JOIN roster_classes c ON c.source_id = o.class
ORDER BY o.place, o.line LIMIT %(most)s
