"""Data imported from school systems for students who have agreed, kept in step with its sources."""
