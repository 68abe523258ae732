"""What a family may see, take along and have corrected (開示・訂正): my data, who looked, corrections."""
