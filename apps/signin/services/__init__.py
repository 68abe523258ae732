"""How people come to be known: rosters, cards, letters, posts."""
