-- Changed students, grouped and limited by what differs: a new year changes everybody alike.
WITH moved AS (
  SELECT m.line, s.left_at IS NOT NULL AS is_back, s.grade <> p.grade AS in_grade,
    s.school_id <> at.id AS in_school, s.home_class_id IS DISTINCT FROM nc.id AS in_class,
    (s.family_name, s.given_name) <> (p.family_name, p.given_name) AS in_name,
    (s.family_kana, s.given_kana) <> (p.family_kana, p.given_kana) AS in_kana,
    m.changes_code AS in_code, s.family_name || ' ' || s.given_name AS name,
    p.family_name || ' ' || p.given_name AS new_name, s.grade, p.grade AS new_grade,
    sc.name AS school, at.name AS new_school, c.title AS old_class, nc.title AS new_class,
    coalesce(nc.title, rc.title, c.title, '学級なし') AS title
  FROM matched_students m JOIN people_student s USING (id) JOIN roster_students p USING (line)
  JOIN roster_schools at ON at.source_id = p.school JOIN people_school sc ON sc.id = s.school_id
  LEFT JOIN roster_classes nc ON nc.source_id = p.class
  LEFT JOIN people_schoolclass c ON c.id = s.home_class_id
  LEFT JOIN roster_classes rc ON rc.id = s.home_class_id
  WHERE m.differs),
counted AS (
  SELECT *, count(*) OVER kind AS n, row_number() OVER (kind ORDER BY line) AS place
  FROM moved WINDOW kind AS (
    PARTITION BY is_back, in_grade, in_school, in_class, in_name, in_kana, in_code))
SELECT * FROM counted WHERE place <= %(most)s ORDER BY line
