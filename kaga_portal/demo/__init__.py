"""An invented junior-high school: its people, sixty days of its life, and how to sign in."""
