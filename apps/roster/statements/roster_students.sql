-- The table roster_students: each student with class and number.
-- Of several enrolments the named home class counts, else the first. A home class named by its title
-- is found in any width; of several that match, one in which the student is enrolled counts, then one
-- of the student's grade, then the exact title; n_alike still match.
CREATE TEMPORARY TABLE roster_students ON COMMIT DROP AS
WITH homerooms AS MATERIALIZED (
  SELECT source_id, school, title, form, grade, line
  FROM sent_classes JOIN title_forms ON written = title WHERE class_type = 'homeroom'),
seats AS (
  SELECT e.person, array_agg(e.class ORDER BY e.line) AS classes,
    array_agg(nullif(e.number, '')::smallint ORDER BY e.line) AS numbers
  FROM sent_enrollments e JOIN homerooms h ON h.source_id = e.class
  WHERE e.role = 'student' GROUP BY e.person),
titled AS (
  SELECT DISTINCT ON (u.line) u.line, h.source_id, count(*) OVER (PARTITION BY u.line,
    coalesce(h.source_id = ANY(s.classes), false), h.grade = u.grade, h.title = u.home_class)
    AS n_alike
  FROM person_roles p JOIN sent_users u ON u.source_id = p.person
  JOIN title_forms f ON f.written = u.home_class
  JOIN homerooms h ON h.school = p.school AND h.form = f.form
  LEFT JOIN seats s ON s.person = u.source_id
  WHERE p.role = 'student'
  ORDER BY u.line, coalesce(h.source_id = ANY(s.classes), false) DESC, h.grade = u.grade DESC,
    h.title = u.home_class DESC, h.line DESC)
SELECT u.line, u.source_id, p.school, u.local_code, {names},
  u.grade, u.home_class AS named, coalesce(h.source_id, t.source_id) AS named_class,
  CASE WHEN h.source_id IS NULL THEN t.n_alike END AS n_alike, cardinality(s.classes) AS n_seats,
  coalesce(h.source_id, t.source_id, s.classes[1]) AS class,
  s.numbers[array_position(s.classes, coalesce(h.source_id, t.source_id, s.classes[1]))] AS number,
  b.birth_month, u.accounts
FROM person_roles p JOIN sent_users u ON u.source_id = p.person
LEFT JOIN homerooms h ON h.source_id = u.home_class
LEFT JOIN titled t ON t.line = u.line
LEFT JOIN seats s ON s.person = u.source_id
LEFT JOIN (SELECT DISTINCT ON (source_id) source_id, birth_month::date FROM sent_demographics
           WHERE birth_month <> '' ORDER BY source_id, line DESC) b ON b.source_id = u.source_id
WHERE p.role = 'student';
