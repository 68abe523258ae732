"""One file an outer world. A connector reads and reduces; it never writes."""
