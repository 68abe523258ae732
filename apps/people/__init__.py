"""Municipalities, schools, classes, students, guardians, staff, and who may see whom."""
