-- Marks everybody no longer named as left.
UPDATE people_schoolclass SET gone_at = %(now)s WHERE id IN (SELECT id FROM leaving_classes);
UPDATE people_student SET left_at = %(now)s WHERE id IN (SELECT id FROM leaving_students);
UPDATE people_guardianship SET ended_at = %(now)s WHERE id IN (SELECT id FROM leaving_links);
UPDATE people_staffpost SET ends_on = %(today)s WHERE id IN (SELECT id FROM leaving_teachers);
