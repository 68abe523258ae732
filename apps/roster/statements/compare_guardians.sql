-- The tables matched_guardians and leaving_guardians: no roster ends a guardian.
CREATE TEMPORARY TABLE matched_guardians ON COMMIT DROP AS
SELECT p.line, g.id, {current} IS DISTINCT FROM {sent} AS differs
FROM roster_guardians p JOIN resolved_guardians k USING (line) JOIN people_guardian g ON g.id = k.id;
CREATE TEMPORARY TABLE leaving_guardians (id uuid) ON COMMIT DROP;
ANALYZE matched_guardians;
