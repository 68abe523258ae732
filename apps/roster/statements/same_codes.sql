-- Students with a code of an earlier student of their school, and the line of that one.
WITH twice AS MATERIALIZED (
  SELECT school, local_code, min(line) AS other FROM roster_students WHERE local_code <> ''
  GROUP BY school, local_code HAVING count(*) > 1)
SELECT line, other FROM roster_students JOIN twice USING (school, local_code) WHERE line > other
