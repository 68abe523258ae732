"""Who agreed to which purpose, in which words, and when that changed."""
