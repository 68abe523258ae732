"""Data of the embedded servers that this checkout cannot use: put aside, never deleted."""

import time
from pathlib import Path

from kaga_portal.data_folders import own_folder
from kaga_portal.layout import LAYOUT

BESIDE_THE_DATABASE = ("key-shares", "ledger")  # useless without it, and in the way of another one


def mark(secrets: str) -> str:
    """The text stored beside data: the names of the secrets and the layout it was made with."""
    return f"{secrets}\n{LAYOUT}"


def are_secrets_gone(noted: str | None, secrets: str, is_first: bool) -> bool:
    """Whether data marked ``noted`` was made with secrets that this checkout does not have.

    ``is_first`` says that ``secrets`` were just invented: then data without a mark is another's.
    """
    return is_first if noted is None else noted.partition("\n")[0] != secrets


def is_older_layout(noted: str | None) -> bool:
    """Whether data marked ``noted`` was made by migrations that no longer exist."""
    return (noted or "").partition("\n")[2] != LAYOUT


def put_aside(home: Path, instance: str) -> list[Path]:
    """Rename the servers' folder and what belongs to its database; returns the new names."""
    when = time.strftime("%Y%m%d-%H%M%S")
    folders = [home, *(Path(own_folder(name, instance)) for name in BESIDE_THE_DATABASE)]
    return [one.rename(one.with_name(f"{one.name}.{when}")) for one in folders if one.exists()]
