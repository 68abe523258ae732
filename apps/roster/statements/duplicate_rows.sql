-- The rows whose value of {column} already stands in an earlier row.
WITH twice AS MATERIALIZED (
  SELECT {column}, min(line) AS first FROM {table} WHERE {column} <> ''
  GROUP BY {column} HAVING count(*) > 1)
SELECT line FROM {table} JOIN twice USING ({column}) WHERE line > first
