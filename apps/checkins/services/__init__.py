"""What can happen to a check-in: asked, answered, delivered later, looked at, swept."""
