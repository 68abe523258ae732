"""What can happen to a consent: it is read, decided, settled into keys, and asked anew."""
