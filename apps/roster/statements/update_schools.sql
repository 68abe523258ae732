-- Updates the schools that differ.
UPDATE people_school s SET source_id = r.source_id, code = r.code, name = r.name
FROM roster_schools r WHERE r.id = s.id AND r.is_matched AND r.differs;
