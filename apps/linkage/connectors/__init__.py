"""One file an outer system. A connector reads and reduces; it never writes."""
