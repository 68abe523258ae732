-- The rows of which a person must say who is meant.
SELECT u.line, {row_name} AS name, a.id AS holder, {holder_name} AS holder_name, u.owner,
  coalesce({owner_name}, '') AS owner_name, o.line AS own_line, ou.holder AS own_holder,
  coalesce({own_name}, '') AS own_name, u.is_unproven, b.id IS NOT NULL AND {is_elsewhere} AS is_fixed,
  coalesce(u.is_renamed, false) AS is_renamed
FROM uncertain_{kind} u JOIN {sent} p ON p.line = u.line
JOIN {table} a ON a.id = coalesce(u.holder, u.owner)
LEFT JOIN {table} b ON b.id = u.owner
LEFT JOIN {sent} o ON o.{key} = a.{key} LEFT JOIN uncertain_{kind} ou ON ou.line = o.line
WHERE u.is_renamed OR u.holder IS NOT NULL AND u.holder IS DISTINCT FROM u.owner
  AND (NOT u.is_unproven OR u.owner IS NOT NULL OR u.looks_other)
ORDER BY u.line
