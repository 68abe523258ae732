"""Municipalities, schools, classes, students, guardians, staff; who may see whom; the school calendar."""
