-- How many present students change their code, a digest of who, from which code, to which, and their first lines.
SELECT count(*), coalesce(encode(sha256(convert_to(string_agg(
  m.id || to_jsonb(ARRAY[s.local_code, p.local_code])::text, ',' ORDER BY m.id), 'UTF8')), 'hex'), ''),
  coalesce((array_agg(m.line ORDER BY m.line))[:%(most)s], '{}')
FROM matched_students m JOIN people_student s USING (id) JOIN roster_students p USING (line)
WHERE m.changes_code
