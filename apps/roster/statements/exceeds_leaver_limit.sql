-- Whether any school would lose more than percent of its students or guardianships, and more than few.
WITH lost AS (
  SELECT s.school_id, count(*) AS n, (
    SELECT count(*) FROM people_student o WHERE o.school_id = s.school_id AND o.left_at IS NULL) AS of_all
  FROM leaving_students s GROUP BY s.school_id
  UNION ALL
  SELECT s.school_id, count(*), (
    SELECT count(*) FROM people_guardianship o JOIN people_student k ON k.id = o.student_id
    WHERE k.school_id = s.school_id AND k.left_at IS NULL AND o.ended_at IS NULL)
  FROM leaving_links l JOIN people_guardianship t USING (id) JOIN people_student s ON s.id = t.student_id
  GROUP BY s.school_id)
SELECT EXISTS (SELECT FROM lost WHERE n > %(few)s AND n * 100 > of_all * %(percent)s)
