"""The layout of the database: named anew only where the history of migrations begins anew."""

LAYOUT = "2026-11-29.1024"
