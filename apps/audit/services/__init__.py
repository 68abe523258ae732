"""Writes the records: audit events and security events."""
