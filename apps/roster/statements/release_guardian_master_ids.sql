-- Takes a 共通ID from the guardian who had it before it was given to another.
UPDATE people_guardian g SET master_id = NULL
FROM roster_guardians p JOIN resolved_guardians k USING (line)
WHERE %(frees)s AND g.municipality_id = %(of)s AND g.master_id = p.master_id AND g.id <> k.id;
