"""Where the trial portal keeps what is not in its database."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent


def own_folder(name: str, instance: str | None = None) -> str:
    """The folder ``name`` below var/, for this ``KAGA_INSTANCE`` alone: each has its own database."""
    instance = instance or os.environ.get("KAGA_INSTANCE", "portal")
    return str(BASE_DIR / "var" / (name if instance == "portal" else f"{name}-{instance}"))
