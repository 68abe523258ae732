"""A student's short wellbeing answers."""
