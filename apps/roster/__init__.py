"""Reads, checks and imports OneRoster rosters."""
