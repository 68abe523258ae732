"""The name of the database layout: changes only when the migrations are begun anew."""

LAYOUT = "2026-11-29.1318"
