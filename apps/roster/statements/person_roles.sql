-- The table person_roles: one role at one school for each person, the last primary one, else the first.
CREATE TEMPORARY TABLE person_roles ON COMMIT DROP AS
WITH at_school AS MATERIALIZED (
  SELECT r.person, r.role, r.school,
    CASE WHEN r.role_type = 'primary' THEN 1000000000 + r.line ELSE -r.line END AS weight
  FROM sent_roles r JOIN {schools} s ON s.source_id = r.school)
SELECT person, role, school FROM at_school r
WHERE NOT EXISTS (SELECT FROM at_school o WHERE o.person = r.person AND o.weight > r.weight);
ANALYZE person_roles (person, role);
