-- What the planner must know of the people tables to join them.
ANALYZE roster_students (line, source_id, master_id, school),
  roster_guardians (line, source_id, master_id),
  roster_teachers (line, source_id, master_id, school), roster_links;
