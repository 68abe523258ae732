"""Cards and letters on paper, and how a guardian registers with a letter and is confirmed by the school."""
