"""The portal without row-level security, to measure what it costs."""
