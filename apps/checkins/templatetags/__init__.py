"""Template tags of check-ins."""
