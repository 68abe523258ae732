-- The table roster_schools: each sent school with its id, new ones too.
CREATE TEMPORARY TABLE roster_schools ON COMMIT DROP AS
SELECT o.line, o.source_id, o.identifier AS code, o.name, k.id, NOT k.is_new AS is_matched,
  (old.source_id, old.code, old.name) IS DISTINCT FROM (o.source_id, o.identifier, o.name) AS differs
FROM sent_orgs o JOIN resolved_schools k USING (line) LEFT JOIN people_school old ON old.id = k.id;
