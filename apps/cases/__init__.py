"""Staff review of who may need support: from a sign, to a person's judgement, to support received."""
