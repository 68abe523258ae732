"""What a backup says of itself, signed with SIGNING_KEYS: its parts, their digests, what it is of."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from apps.core.crypto import BadKeyRing
from apps.ledger.services.chains import signing_ring
from apps.ledger.signatures import InvalidSignature, sign_json, unverified_json, verify_json
from kaga_portal.backup.encryption import Part, sha256_of
from kaga_portal.backup.problems import BackupProblem

FILE_NAME = "manifest.jws"
DATABASE, SHARES, LOG, ERASURES = (
    f"kaga-portal {what} 1" for what in ("database backup", "share backup", "log", "erasure list")
)
MOST_BYTES = 1_000_000
NO_KEYS = (
    "SIGNING_KEYS is not set or no ring of keys: nothing can be signed or verified. Put the copy of "
    "the safe back first (trial portal: var/secrets.env)."
)


def sign_manifest(path: Path, kind: str, content: dict[str, Any]) -> None:
    """Write ``content`` into a new signed file. Raises BackupProblem, OSError."""
    text = sign_json(_ring(), {**content, "format": kind})
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(draft, "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_manifest(path: Path, kind: str) -> dict[str, Any]:
    """What a signed file says, its signature verified. Raises BackupProblem."""
    try:
        with path.open(encoding="ascii") as file:
            text = file.read(MOST_BYTES).strip()
        content = verify_json(_ring(), text)
    except FileNotFoundError as error:
        raise BackupProblem(f"{path} is missing: this is no whole backup.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BackupProblem(f"{path} cannot be read: {error}.") from error
    except InvalidSignature as error:
        raise BackupProblem(
            f"No key of SIGNING_KEYS signed {path}: it was altered, it is another portal's, or the "
            f"key that signed it is missing{_hint(text)}. Nothing was touched."
        ) from error
    if not isinstance(content, dict) or content.get("format") != kind:
        raise BackupProblem(f"{path} is signed, but it is no “{kind}”. Nothing was touched.")
    return content


def parts_of(manifest: dict[str, Any]) -> list[Part]:
    """The parts that a manifest names."""
    return [Part(one["name"], one["bytes"], one["sha256"]) for one in manifest["parts"]]


def part_named(manifest: dict[str, Any], name: str) -> Part:
    """The part of that name. Raises BackupProblem where the manifest names none."""
    for part in parts_of(manifest):
        if part.name == name:
            return part
    raise BackupProblem(f"The manifest names no part {name}.")


def parts_as_json(parts: list[Part]) -> list[dict[str, Any]]:
    """The parts as a manifest names them."""
    return [{"name": one.name, "bytes": one.n_bytes, "sha256": one.sha256} for one in parts]


def verify_parts(folder: Path, manifest: dict[str, Any], tell: Callable[[str], None]) -> None:
    """Raises BackupProblem unless every part is what the manifest says."""
    for part in parts_of(manifest):
        tell(f"verifying {part.name} ({part.n_bytes / 1e6:,.1f} MB)")
        verify_part(folder / part.name, part)


def verify_part(path: Path, part: Part) -> None:
    """Raises BackupProblem unless the file is the part."""
    try:
        if path.stat().st_size == part.n_bytes and sha256_of(path) == part.sha256:
            return
    except OSError as error:
        raise BackupProblem(f"{path} cannot be read: {error.strerror}.") from error
    raise BackupProblem(
        f"{path} is not what the signed manifest says: it was cut or changed. Nothing was touched."
    )


def check_ring() -> None:
    """Raises BackupProblem where nothing can be signed or verified."""
    _ring()


def _ring():
    try:
        return signing_ring()
    except BadKeyRing as error:
        raise BackupProblem(NO_KEYS) from error


def _hint(text):
    made_at = unverified_json(text).get("made_at")
    return f" (it says that it was made at {str(made_at)[:40]})" if made_at else ""
