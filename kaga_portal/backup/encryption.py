"""Compressing and encrypting streams to a public key, and opening them again.

The format is gzip inside age (https://age-encryption.org/v1), so that ``age -d -i KEY FILE | gunzip``
opens a part without this software. Pure: no Django.
"""

import fcntl
import gzip
import hashlib
import os
import threading
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pyrage

from kaga_portal.backup.problems import BackupProblem

LEVEL = 1  # of gzip: a third of the size; a better one costs more time than writing the rest
CHUNK = 1 << 20
SECRET = "AGE-SECRET-KEY-"  # noqa: S105 - how the text of a private key begins
# Raised while an encrypted file is read that was cut or changed.
CUT_OR_CHANGED = (EOFError, gzip.BadGzipFile, zlib.error)


class Part(NamedTuple):
    """A file of a backup, as the manifest names it."""

    name: str
    n_bytes: int
    sha256: str


class Readable(Protocol):
    """What can be read piece by piece."""

    def read(self, n: int = -1, /) -> bytes:
        """At most n bytes; none at the end."""


def read_recipients(texts: Iterable[str]) -> list[Any]:
    """Public keys (age1…). Raises BackupProblem where there is none or one is none."""
    found = []
    for text in filter(None, (text.strip() for text in texts)):
        try:
            found.append(pyrage.x25519.Recipient.from_str(text))
        except pyrage.RecipientError as error:
            raise BackupProblem(
                f"{text[:80]!r} is no public key: it must begin with age1 and be whole. "
                "manage.py backup_key FILE makes one."
            ) from error
    if not found:
        raise BackupProblem(
            "There is no public key to encrypt to: set BACKUP_PUBLIC_KEYS (age1…). "
            "manage.py backup_key FILE makes one."
        )
    return found


def read_identities(path: Path) -> list[Any]:
    """The private keys in a file, one a line, as age-keygen writes them. Raises BackupProblem."""
    try:
        lines = path.read_text("ascii").splitlines()
        found = [pyrage.x25519.Identity.from_str(x.strip()) for x in lines if x.startswith(SECRET)]
    except OSError as error:
        raise BackupProblem(f"The private key {path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, pyrage.IdentityError) as error:
        raise BackupProblem(f"{path} holds no whole private key ({SECRET}…).") from error
    if not found:
        raise BackupProblem(f"{path} holds no private key: a line must begin with {SECRET}.")
    return found


def new_identity() -> tuple[str, str]:
    """(public key, private key) as text."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity.to_public()), str(identity)


def encrypt(source: Readable, path: Path, recipients: list[Any]) -> Part:
    """Write what ``source`` gives into a new file, compressed and encrypted, flushed to the disk.

    Raises BackupProblem; the file may then be there in part.
    """
    try:
        with open(path, "xb", opener=_for_this_user) as file:
            out = _HashingWriter(file)
            pyrage.encrypt_io(_GzipReader(source), out, recipients)
            file.flush()
            os.fsync(file.fileno())
    except (pyrage.EncryptError, OSError) as error:
        raise BackupProblem(f"{path} cannot be written: {error}.") from error
    return Part(path.name, out.n_bytes, out.digest.hexdigest())


@contextmanager
def decrypted(
    path: Path, identities: list[Any], part: Part | None = None
) -> Iterator[gzip.GzipFile]:
    """A stream of what ``path`` holds, opened. Raises BackupProblem where it does not open.

    At its end also where what was read is not ``part``: the file may have been changed after it was
    verified.
    """
    read_end, write_end = os.pipe()
    fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, CHUNK)
    failures: list[Exception] = []
    digest = hashlib.sha256()

    def work() -> None:
        try:
            with open(write_end, "wb") as out, path.open("rb") as file:
                pyrage.decrypt_io(_HashingReader(file, digest), out, identities)
        except (pyrage.DecryptError, OSError) as error:
            failures.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        with open(read_end, "rb") as pipe, gzip.open(pipe) as plain:
            yield plain
            while plain.read(CHUNK):
                pass
    except CUT_OR_CHANGED as error:
        thread.join()
        raise BackupProblem(_why(path, failures or [error])) from error
    finally:
        thread.join()
    if failures:
        raise BackupProblem(_why(path, failures))
    if part is not None and digest.hexdigest() != part.sha256:
        raise BackupProblem(f"{path} was changed while it was being read.")


def sha256_of(path: Path) -> str:
    """The digest of a file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _why(path: Path, failures: list[Exception]) -> str:
    if "No matching keys" in str(failures[0]):
        return f"The private key does not open {path.name}: it was encrypted to another one."
    return f"{path} cannot be opened: it was cut or changed ({failures[0]})."


def _for_this_user(path, flags):
    return os.open(path, flags, 0o600)


class _HashingReader:
    """Reads on and counts what goes by into a digest."""

    def __init__(self, file, digest):
        self._file, self._digest = file, digest

    def read(self, n=-1):
        data = self._file.read(n)
        self._digest.update(data)
        return data


class _HashingWriter:
    """Writes on and counts what goes by."""

    def __init__(self, file):
        self._file, self.digest, self.n_bytes = file, hashlib.sha256(), 0

    def write(self, data):
        self.digest.update(data)
        self.n_bytes += len(data)
        return self._file.write(data)

    def flush(self):
        self._file.flush()


class _GzipReader:
    """Gives the compressed bytes of a stream, as many at a time as are asked for."""

    def __init__(self, source):
        self._source, self._waiting, self._at = source, b"", 0
        self._packer = zlib.compressobj(LEVEL, zlib.DEFLATED, 31)

    def read(self, n=-1):
        while self._at >= len(self._waiting) and self._packer:
            data = self._source.read(CHUNK)
            self._at = 0
            if data:
                self._waiting = self._packer.compress(data)
            else:
                self._waiting, self._packer = self._packer.flush(), None
        end = len(self._waiting) if n < 0 else self._at + n
        piece = self._waiting[self._at : end]
        self._at += len(piece)
        return piece
