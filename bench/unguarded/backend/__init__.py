"""The database backend of the unguarded portal."""
