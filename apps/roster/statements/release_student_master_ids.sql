-- Takes a 共通ID from the student who had it before it was given to another.
UPDATE people_student s SET master_id = NULL FROM roster_students p JOIN resolved_students k USING (line)
WHERE %(frees)s AND s.municipality_id = %(of)s AND s.master_id = p.master_id AND s.id <> k.id;
