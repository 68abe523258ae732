"""Services of notices and of the directory."""
