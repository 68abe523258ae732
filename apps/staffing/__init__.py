"""How staff are invited, appointed to posts, renewed and ended."""
