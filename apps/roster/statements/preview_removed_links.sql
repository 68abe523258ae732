-- The names of ending guardianships.
SELECT coalesce(rc.title, c.title, '学級なし'), s.family_name || ' ' || s.given_name, r.family_name || ' ' || r.given_name
FROM leaving_links l JOIN people_guardianship t USING (id) JOIN people_student s ON s.id = t.student_id
JOIN people_guardian r ON r.id = t.guardian_id LEFT JOIN people_schoolclass c ON c.id = s.home_class_id
LEFT JOIN roster_classes rc ON rc.id = s.home_class_id LIMIT %(most)s
