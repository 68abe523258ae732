-- The names of leaving students, finished ones apart: by the roster's year, not by today.
WITH leavers AS (
  SELECT coalesce(rc.title, c.title, '学級なし') AS title, s.family_name || ' ' || s.given_name AS name,
    s.grade = ANY(%(last)s) AND %(year)s > coalesce(c.school_year, %(year)s) AS has_finished
  FROM leaving_students g JOIN people_student s USING (id) LEFT JOIN people_schoolclass c ON c.id = s.home_class_id
LEFT JOIN roster_classes rc ON rc.id = s.home_class_id),
counted AS (
  SELECT *, count(*) OVER (PARTITION BY has_finished) AS n,
    row_number() OVER (PARTITION BY has_finished ORDER BY title, name) AS place FROM leavers)
SELECT title, name, has_finished, n FROM counted WHERE place <= %(most)s
