-- Inserts new guardians.
INSERT INTO people_guardian
  (id, municipality_id, source_id, master_id, family_name, given_name, family_kana, given_kana,
   is_enabled)
SELECT k.id, %(of)s, p.source_id, p.master_id, p.family_name, p.given_name, p.family_kana,
  p.given_kana, p.is_enabled
FROM roster_guardians p JOIN resolved_guardians k USING (line) WHERE k.is_new;
