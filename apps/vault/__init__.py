"""Seals what must not be read by accident: one key per student and purpose; opening leaves a trace."""
