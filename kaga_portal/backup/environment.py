"""The environment of commands that must run before there is a database: restoring one."""

import os
import sys

from kaga_portal import secrets_file
from kaga_portal.data_folders import BASE_DIR

WITHOUT_SERVERS = {"backup_key", "backups", "restore", "restore_shares"}
NO_SECRETS = (
    "manage.py: {path} is missing: without it no backup can be verified, and what is encrypted in "
    "the database does not open. Put its copy back first (it lies in no backup)."
)


def prepare() -> None:
    """Set the mode and the secrets of the trial portal, where no DATABASE_URL is set; no server.

    Secrets are not invented here: data restored with new ones would be put aside as another's.
    """
    if os.environ.get("DATABASE_URL"):
        return
    os.environ.setdefault("PORTAL_MODE", "demo")
    path = BASE_DIR / "var" / "secrets.env"
    if path.exists():
        secrets_file.load_secrets(path)
    elif not os.environ.get("SIGNING_KEYS") and "--help" not in sys.argv:
        sys.exit(NO_SECRETS.format(path=path))
