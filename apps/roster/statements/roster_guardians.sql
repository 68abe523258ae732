-- The table roster_guardians.
CREATE TEMPORARY TABLE roster_guardians ON COMMIT DROP AS
SELECT u.line, u.source_id, {names}
FROM person_roles p JOIN sent_users u ON u.source_id = p.person WHERE p.role = 'guardian';
