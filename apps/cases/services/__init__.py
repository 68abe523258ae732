"""Services: signs found by rules, and work on cases by people."""
