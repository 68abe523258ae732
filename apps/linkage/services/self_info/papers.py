"""What a session must remember and nobody may read: sealed under the key ring, gone at its end."""

import hashlib

import orjson

from apps.vault.services import open_in, seal_in


def digest(secret):
    """What may stand in a table of a random secret (str): 32 bytes."""
    return hashlib.sha256(secret.encode()).digest()


def seal_papers(session, papers):
    """Put ``papers`` ({name: text}) sealed into the session (not saved)."""
    seal_in(session, orjson.dumps(papers))


def open_papers(session):
    """The papers. Raises crypto.CannotOpen."""
    return orjson.loads(open_in(session))
