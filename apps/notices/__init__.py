"""The directory of support organisations, and the notices about them that reach every student."""
