-- Updates the classes that differ.
UPDATE people_schoolclass c SET grade = r.grade, title = r.title, school_year = %(year)s,
  special_needs = r.special_needs, gone_at = NULL
FROM roster_classes r WHERE r.id = c.id AND r.is_matched AND r.differs;
