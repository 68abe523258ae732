"""An invented junior-high school: its people, sixty days of data, and its sign-ins."""
