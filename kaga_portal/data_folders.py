"""Where the trial portal stores files besides its database."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent


def own_folder(name: str, instance: str | None = None) -> str:
    """The folder ``name`` below var/ of this ``KAGA_INSTANCE``: each instance has its own database."""
    instance = instance or os.environ.get("KAGA_INSTANCE", "portal")
    return str(BASE_DIR / "var" / (name if instance == "portal" else f"{name}-{instance}"))


def own_url(name: str) -> str:
    """The file: URL of ``own_folder``."""
    return f"file:{own_folder(name)}"
