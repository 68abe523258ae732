"""Floor A: the smallest honest Django that takes a check-in: session, user, CSRF, one insert."""
