-- The table roster_links: students name their guardians, or guardians their students.
CREATE TEMPORARY TABLE roster_links ON COMMIT DROP AS
WITH named AS MATERIALIZED (
  SELECT u.line, k.line AS other
  FROM sent_users u, unnest(string_to_array(u.agents, ',')) AS agent
  JOIN sent_users k ON k.source_id = btrim(agent) WHERE u.agents <> '')
SELECT g.line AS guardian, p.line AS student
FROM named n JOIN roster_students p ON p.line = n.line JOIN roster_guardians g ON g.line = n.other
UNION
SELECT g.line, p.line
FROM named n JOIN roster_students p ON p.line = n.other JOIN roster_guardians g ON g.line = n.line;
