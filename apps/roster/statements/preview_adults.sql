-- Guardians and teachers whose own row differs: the present name and the roster's.
WITH differing AS (
  SELECT 1 AS place, m.line, '保護者' AS title, s.family_name || ' ' || s.given_name AS name,
    p.family_name || ' ' || p.given_name AS new_name,
    (s.family_kana, s.given_kana) <> (p.family_kana, p.given_kana) AS in_kana
  FROM matched_guardians m JOIN people_guardian s USING (id) JOIN roster_guardians p USING (line)
  WHERE m.differs
  UNION ALL
  SELECT 2, m.line, '教員', s.name, left(p.family_name || ' ' || p.given_name, 120), false
  FROM matched_teachers m JOIN people_staffpost s USING (id) JOIN roster_teachers p USING (line)
  WHERE m.differs),
counted AS (
  SELECT *, name <> new_name AS in_name, count(*) OVER kind AS n,
    row_number() OVER (kind ORDER BY line) AS row_place
  FROM differing WINDOW kind AS (PARTITION BY place, name <> new_name, in_kana))
SELECT title, name, new_name, in_name, in_kana, n, row_place FROM counted
WHERE row_place <= %(most)s ORDER BY place, line
