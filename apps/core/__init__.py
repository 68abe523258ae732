"""The few things with no domain meaning."""
