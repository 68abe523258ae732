"""Support organisations, and the notices about them that reach every student."""
