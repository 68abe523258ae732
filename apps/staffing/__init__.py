"""How staff are invited, appointed to posts, renewed every year and ended."""
