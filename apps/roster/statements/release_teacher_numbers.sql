-- Clears the numbers that change: two teachers may have exchanged them.
UPDATE people_staffpost t SET source_id = ''
FROM matched_teachers m JOIN roster_teachers p USING (line)
WHERE m.differs AND m.id = t.id AND t.source_id <> p.source_id;
