"""The migrations that portals in use have run, with the digest of each: they never change again.

``python -m kaga_portal.published_migrations`` adds those that are new to ``published_migrations.txt``
(the form of sha256sum); it changes no line that is there. Two branches that each add a migration of
one app add a line in one place: git says so before a database does.
"""

import hashlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = Path(__file__).with_suffix(".txt")
CHANGED = (
    "{path} has been published, and is another one now. Databases in use have run the former: take "
    "the change back, and put it into a new migration."
)
GONE = "{path} has been published, and is gone. Databases in use have run it: take it back."


def digests(root: Path = ROOT) -> dict[str, str]:
    """{path of a migration: its SHA-256}."""
    paths = sorted(root.glob("apps/*/migrations/[0-9]*.py"))
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths
    }


def read_list(text: str) -> dict[str, str]:
    """What a list says: {path: SHA-256}."""
    lines = (line.split("  ", 1) for line in text.splitlines() if line)
    return {path: digest for digest, path in lines}


def problems(published: dict[str, str], found: dict[str, str]) -> list[str]:
    """A sentence for each published migration that is not as it was."""
    return [
        (CHANGED if path in found else GONE).format(path=path)
        for path, digest in published.items()
        if found.get(path) != digest
    ]


def as_text(published: dict[str, str], found: dict[str, str]) -> str:
    """The list with what is new."""
    lines = sorted((path, digest) for path, digest in (found | published).items())
    return "".join(f"{digest}  {path}\n" for path, digest in lines)


def main() -> None:
    """Add what is new; ends with 1 where something published was changed."""
    published = read_list(LIST.read_text("ascii")) if LIST.exists() else {}
    found = digests()
    if wrong := problems(published, found):
        sys.exit("\n".join(wrong))
    LIST.write_text(as_text(published, found), "ascii")
    print(f"{len(found) - len(published)} migrations were added to {LIST.name}.")  # noqa: T201


if __name__ == "__main__":
    main()
