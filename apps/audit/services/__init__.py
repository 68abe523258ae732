"""The one way to write each record."""
