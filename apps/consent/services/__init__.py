"""What can happen to a consent: decisions, keys that follow them, documents, messages."""
