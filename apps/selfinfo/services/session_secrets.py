"""What a session must remember and nobody may read: sealed under the key ring, gone at its end."""

import hashlib

import orjson

from apps.vault.services.ring_sealing import seal_column, unseal_column


def secret_digest(secret):
    """What may stand in a table of a random secret (str): 32 bytes."""
    return hashlib.sha256(secret.encode()).digest()


def seal_session_secrets(session, papers):
    """Put ``papers`` ({name: text}) sealed into the session (not saved)."""
    seal_column(session, orjson.dumps(papers))


def open_session_secrets(session):
    """The papers. Raises crypto.CannotOpen."""
    return orjson.loads(unseal_column(session))
