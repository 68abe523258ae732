"""The catalogue files and their compiled form, made at the first start after each change."""

import os
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "locale"
EASY, ENGLISH = "ja_Easy", "en"
RULES_OF = {EASY: "ja", ENGLISH: "en"}  # folder -> the language of its plurals and name


def po_path(name: str) -> Path:
    """The catalogue that a translator edits."""
    return FOLDER / name / "LC_MESSAGES" / "django.po"


def read(name: str) -> Catalog:
    """The catalogue in the repository."""
    with po_path(name).open("rb") as file:
        return read_po(file, locale=RULES_OF[name], domain="django", abort_invalid=True)


def compile_stale() -> None:
    """Compile each catalogue that is newer than its compiled form. Raises OSError.

    The compiled form is not in the repository; it is replaced atomically, because several processes
    start at once.
    """
    for name in RULES_OF:
        source = po_path(name)
        compiled = source.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
            continue
        handle, temporary = tempfile.mkstemp(dir=compiled.parent, suffix=".mo.tmp")
        with os.fdopen(handle, "wb") as file:
            write_mo(file, read(name))
        Path(temporary).chmod(0o644)
        Path(temporary).replace(compiled)
