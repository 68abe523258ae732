-- The users who name an agent that the roster does not have.
SELECT DISTINCT u.line FROM sent_users u, unnest(string_to_array(u.agents, ',')) AS agent
WHERE u.agents <> '' AND btrim(agent) <> ''
  AND NOT EXISTS (SELECT FROM sent_users k WHERE k.source_id = btrim(agent))
