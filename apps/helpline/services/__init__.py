"""Services: help requests, escalation, replies, and duty rosters."""
