-- Students whose code equals an earlier one of their school but for leading zeros.
WITH codes AS MATERIALIZED (
  SELECT line, school, local_code, ltrim(local_code, '0') AS bare
  FROM roster_students WHERE local_code ~ '^[0-9]+$'),
alike AS MATERIALIZED (
  SELECT school, bare, min(line) AS other FROM codes
  GROUP BY school, bare HAVING min(local_code) <> max(local_code))
SELECT line, other FROM codes JOIN alike USING (school, bare) WHERE line > other
