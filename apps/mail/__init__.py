"""Outgoing mail: encrypted in a queue until a worker has sent it; failures are listed."""
