"""Makes and destroys keys, and opens sealed rows: no other code does."""
