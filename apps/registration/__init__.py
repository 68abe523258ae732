"""Cards and letters on paper, and how a guardian registers with one: confirmed by the school, until the tie ends."""
