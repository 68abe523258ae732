"""What a session must remember and nobody may read: sealed under the key ring, gone at its end."""

import hashlib

import orjson

from apps.vault.services import key_ring


def digest(secret):
    """What may stand in a table of a random secret (str): 32 bytes."""
    return hashlib.sha256(secret.encode()).digest()


def seal_papers(session, papers):
    """Put ``papers`` ({name: text}) sealed into the session (not saved)."""
    plain = orjson.dumps(papers)
    session.papers_ring_key, session.papers = key_ring().wrap(plain, _place(session))


def open_papers(session):
    """The papers. Raises crypto.CannotOpen."""
    sealed = bytes(session.papers or b"")
    return orjson.loads(key_ring().unwrap(session.papers_ring_key, sealed, _place(session)))


def _place(session):
    return f"self_info|{session.pk}|{session.student_id}".encode()
