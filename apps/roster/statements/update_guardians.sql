-- Updates the guardians that differ.
UPDATE people_guardian g SET (source_id, master_id, family_name, given_name, family_kana,
 given_kana, is_enabled, left_at) = {sent}
FROM matched_guardians m JOIN roster_guardians p USING (line) WHERE m.differs AND m.id = g.id;
