-- The table roster_teachers: each teacher with the class they lead, the first of n_led.
CREATE TEMPORARY TABLE roster_teachers ON COMMIT DROP AS
SELECT u.line, u.source_id, p.school, {names}, led.class, led.n_led
FROM person_roles p JOIN sent_users u ON u.source_id = p.person
LEFT JOIN (
  SELECT DISTINCT ON (e.person) e.person, e.class, count(*) OVER (PARTITION BY e.person) AS n_led
  FROM sent_enrollments e JOIN sent_classes c ON c.source_id = e.class
  WHERE e.role = 'teacher' AND e.is_primary = 'true' AND c.class_type = 'homeroom'
  ORDER BY e.person, e.line) led ON led.person = u.source_id
WHERE p.role = 'teacher';
