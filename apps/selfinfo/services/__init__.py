"""Services of わたしの情報, from beginning a session to storing its few facts."""
