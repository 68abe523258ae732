"""Data linked for a student who has agreed, kept in step with its sources."""
