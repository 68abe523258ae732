"""Signing in through another service by OpenID Connect: the common part that every use verifies."""
