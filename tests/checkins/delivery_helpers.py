"""What a tablet delivers."""

MOOD = {"mood": "1", "body": "", "words": "つかれた"}
