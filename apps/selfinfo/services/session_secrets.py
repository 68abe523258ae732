"""The secrets of a session: sealed under the key ring, deleted at its end."""

import hashlib

import orjson

from apps.vault.services.ring_sealing import seal_column, unseal_column


def secret_digest(secret):
    """The digest (32 bytes) of a random secret (str), which may be stored."""
    return hashlib.sha256(secret.encode()).digest()


def seal_session_secrets(session, papers):
    """Seal ``papers`` ({name: text}) into the session (not saved)."""
    seal_column(session, orjson.dumps(papers))


def open_session_secrets(session):
    """The secrets of the session. Raises crypto.CannotOpen."""
    return orjson.loads(unseal_column(session))
