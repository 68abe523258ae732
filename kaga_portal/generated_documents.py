"""The documents that are written from the code, whole or between their marks."""

from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from apps.core.limit_table import as_document
from kaga_portal.diagrams import apps_table, render_diagrams
from kaga_portal.security_tables import render_tables

ROOT = Path(settings.BASE_DIR)


def replace_parts(document: str, parts: dict[str, str]) -> str:
    """The document with each part between its marks. Raises ValueError where a mark is missing."""
    for name, part in parts.items():
        begins, ends = f"<!-- {name} -->", f"<!-- end of {name} -->"
        if begins not in document or ends not in document:
            raise ValueError(f"no place for {name}")
        before, _, rest = document.partition(begins)
        _, _, after = rest.partition(ends)
        document = f"{before}{begins}\n\n{part}\n\n{ends}{after}"
    return document


WRITERS: dict[str, Callable[[str], str]] = {  # document → what it should be, given what it is
    "README.md": lambda text: replace_parts(text, {"apps": apps_table()}),
    "docs/architecture.md": lambda text: replace_parts(text, render_diagrams()),
    "docs/security/keys-and-data.md": lambda text: replace_parts(text, render_tables()),
    "docs/security/limits.md": lambda text: as_document(),
}


def stale_documents() -> dict[Path, str]:
    """{path: new text} of the documents that differ from the code."""
    found = {}
    for name, writer in WRITERS.items():
        text = (ROOT / name).read_text("utf-8")
        if (new := writer(text)) != text:
            found[ROOT / name] = new
    return found
