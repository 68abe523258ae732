-- How many people the roster disables.
SELECT count(*) AS n FROM (
  SELECT FROM roster_students WHERE NOT is_enabled UNION ALL
  SELECT FROM roster_guardians WHERE NOT is_enabled UNION ALL
  SELECT FROM roster_teachers WHERE NOT is_enabled) off
