"""Settings of floor A whose users sign in by name and password, hashed as Django's Argon2 does."""

from bench.floor_a import settings

globals().update({name: value for name, value in vars(settings).items() if name.isupper()})
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
