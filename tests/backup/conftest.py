"""A small backup that is made without a database, and its keys."""

import io
from pathlib import Path

import pytest

from kaga_portal.backup import backup_folder, encryption, manifests, portal_facts, restores


@pytest.fixture
def keys(tmp_path):
    public, private = encryption.new_identity()
    path = tmp_path / "key"
    path.write_text(f"# a comment\n{private}\n")
    return encryption.read_recipients([public]), path


@pytest.fixture
def made(tmp_path, keys, monkeypatch):
    """A small backup with a manifest; ``make(**said)`` makes it, with other words where given."""
    monkeypatch.setattr(restores, "major_of", lambda programs: 18)
    monkeypatch.setattr(restores, "find_programs", lambda: Path("/none"))
    root = backup_folder.make_root(str(tmp_path / "backups"))

    def make(name="20261130T020000Z", **more):
        one = root / name
        one.mkdir()
        parts = [
            encryption.encrypt(io.BytesIO(b"{}"), one / backup_folder.FACTS_PART, keys[0]),
            encryption.encrypt(
                io.BytesIO(b"tar" * 999), one / backup_folder.DATABASE_PART, keys[0]
            ),
        ]
        said = {
            "made_at": "2026-11-30T02:00:00+00:00", "ended_at": "2026-11-30T02:10:00+00:00",
            "layout": portal_facts.settings.DATABASE_LAYOUT, "postgresql": 18, "identifier": "7",
            "first_segment": "000000010000000000000002", "database_bytes": 2997,
            "parts": manifests.parts_as_json(parts), **more,
        }  # fmt: skip
        manifests.sign_manifest(one / manifests.FILE_NAME, manifests.DATABASE, said)
        return one

    return make
