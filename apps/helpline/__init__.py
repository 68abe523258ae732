"""A student asks to talk to someone, and someone answers."""
