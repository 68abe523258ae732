-- Updates the teachers that differ.
UPDATE people_staffpost t SET (source_id, master_id, is_enabled, school_class_id, name, role,
 ends_on) = {sent}
FROM matched_teachers m JOIN roster_teachers p USING (line)
LEFT JOIN roster_classes c ON c.source_id = p.class
WHERE m.differs AND m.id = t.id;
