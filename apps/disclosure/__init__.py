"""What a family may see, take along and have corrected: my data, who looked, corrections."""
