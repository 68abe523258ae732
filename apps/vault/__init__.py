"""Encrypts with one key per student and purpose; opening leaves an audit row."""
