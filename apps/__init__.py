"""The Django apps of the portal, one folder each."""
