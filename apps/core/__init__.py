"""Small helpers without domain meaning: models, time, HTTP limits, signed tokens, SQL batches, template tags."""
