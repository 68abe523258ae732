"""What the city, the school and the evaluators may count, never whom."""
